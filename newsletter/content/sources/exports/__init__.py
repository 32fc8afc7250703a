"""Exports of other newsletter and blog programs → the items in them, one file per program."""
