"""The year: its call, topic areas, dated phases and rules."""
