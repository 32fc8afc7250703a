"""The sample practice that the demo is about: its articles, its authors, its readers and its pictures."""
