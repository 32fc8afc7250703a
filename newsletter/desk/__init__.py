"""The editor's desk: each step of the job asks the outside, lets a pure room decide, and records."""
