"""`python -m newsletter`: the same as the command."""

from newsletter.cli import main

main()
