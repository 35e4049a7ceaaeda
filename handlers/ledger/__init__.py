"""What is booked on bills by itself: help that was granted, and money that no bill used."""
