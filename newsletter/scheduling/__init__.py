"""WHEN it goes: a recurrence in a time zone → occurrences, and what to do about those that are due."""
