"""Turns an issue and its audience into messages in the relay's hands, and keeps what came of each."""
