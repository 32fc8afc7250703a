"""What we have to say: bytes from a file become articles that may be sent."""
