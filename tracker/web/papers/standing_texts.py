"""What every paper says in the same words."""

from tracker.messages import say

PAGE = say("Page {page} of {pages}", page="{page}", pages="{pages}")
LACKING = say(
    "A sign such as [U+1F600] stands for a character for which the typeface of this file has no letter; the Word file holds the character as it was written."
)
DAY = say("Date: ____ / __ / __")
DAY_ALONE = say("____ / __ / __")
