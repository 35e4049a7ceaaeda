"""Python loads this first where its folder is on the path: the process then lives at another time.

Reminders leave in office hours of the customers alone; the day is played whenever somebody asks for it.
"""

import os
from datetime import datetime

import time_machine

if moment := os.environ.get("FIRST_DAY_AT"):
    time_machine.travel(datetime.fromisoformat(moment), tick=True).start()
