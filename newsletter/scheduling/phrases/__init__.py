"""What a person writes of times and days → the parts of a recurrence; what is not understood → the nearest that is."""
