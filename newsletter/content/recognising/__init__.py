"""Lines of a page, as text → what each of them is: title, byline, furniture, author, credit, call to action."""
