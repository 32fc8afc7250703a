"""WHICH article is next: articles, history and a moment → the pick, with every reason in words."""
