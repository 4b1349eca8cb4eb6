"""Arrays (numpy): schedules of whole sessions."""
