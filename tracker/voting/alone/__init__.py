"""What is handed out with a record: a program that stands alone and shares no line with this one."""
