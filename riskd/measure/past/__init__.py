"""The past as measures read it: prices, bookings, and what follows from how prices moved together."""
