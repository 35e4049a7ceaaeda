"""What each page of the desk shows and does; ``bot/web/desk/routes.py`` says which right it asks for."""
