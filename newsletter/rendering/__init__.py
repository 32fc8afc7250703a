"""How an issue looks: an article and a look → one page, then that page and a reader → the reader's copy."""
