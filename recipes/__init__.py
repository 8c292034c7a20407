"""How the shipped networks are trained; outside the wheel."""
