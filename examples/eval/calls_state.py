"""The small worlds that the tools of model/eval/new/dialogues.jsonl act on.

A world is a class; its methods are the tools (`fs.ls` is `ls` of the world whose dialogues are called `files-…`), its
attributes the state that a dialogue starts with. Everything is made up and nothing depends on the clock. `replay` gives
the results of a dialogue's calls; check_calls.py compares them with those in the file.
"""
import copy
import json


class Refused(Exception):
    """A call that the world turns down; the model reads why."""


def found(table, key, what):
    if key not in table:
        raise Refused(f"{what} '{key}' not found")
    return table[key]


def town(name):
    """A town's English name in lower case, without its country."""
    name = name.split(",")[0].lower()
    return {"wien": "vienna", "gent": "ghent", "bruxelles": "brussels"}.get(name, name)


class Files:
    """A home folder. A folder is a dict, a file is its text."""

    def __init__(self):
        self.root = {
            "notes": {"todo.txt": "buy stamps\ncall Ruth\nrenew passport\n", "ideas.txt": "boat trip\nbees\n"},
            "invoices": {"jan.csv": "rent,900\npower,71\n", "feb.csv": "rent,900\npower,64\nphone,20\n"},
            "photos": {"lake.jpg": "(binary)", "cat.jpg": "(binary)"},
            "readme.md": "# Home\nRuth has the spare key\n",
        }

    def node(self, path):
        node = self.root
        for part in [p for p in path.split("/") if p not in ("", ".", "~")]:
            if not isinstance(node, dict) or part not in node:
                raise Refused(f"no such file or folder: {path}")
            node = node[part]
        return node

    def place(self, path):
        """The folder that a path's last part is in, and that part."""
        folder, _, name = path.strip("/").rpartition("/")
        parent = self.node(folder)
        if not isinstance(parent, dict):
            raise Refused(f"not a folder: {folder}")
        return parent, name

    def text(self, path):
        node = self.node(path)
        if isinstance(node, dict):
            raise Refused(f"is a folder: {path}")
        return node

    def ls(self, path=""):
        node = self.node(path)
        if not isinstance(node, dict):
            raise Refused(f"not a folder: {path}")
        return {"entries": [name + "/" if isinstance(node[name], dict) else name for name in sorted(node)]}

    def cat(self, path):
        return {"content": self.text(path)}

    def mkdir(self, path):
        parent, name = self.place(path)
        if name in parent:
            raise Refused(f"exists already: {path}")
        parent[name] = {}
        return {"created": path}

    def cp(self, source, destination):
        text = self.text(source)
        parent, name = self.place(destination)
        if isinstance(parent.get(name), dict):
            parent, name = parent[name], source.split("/")[-1]
        parent[name] = text
        return {"copied": source}

    def mv(self, source, destination):
        result = self.cp(source, destination)
        self.rm(source)
        return {"moved": result["copied"]}

    def rm(self, path):
        self.text(path)
        parent, name = self.place(path)
        del parent[name]
        return {"deleted": path}

    def append(self, path, line):
        text = self.text(path)
        parent, name = self.place(path)
        parent[name] = text + line + "\n"
        return {"lines": parent[name].count("\n")}

    def count_lines(self, path):
        return {"lines": self.text(path).count("\n")}

    def grep(self, pattern, path):
        lines = self.text(path).splitlines()
        return {"matches": [line for line in lines if pattern.lower() in line.lower()]}


class Trading:
    """An account at a broker; limit orders stay open until they are cancelled."""

    def __init__(self):
        self.companies = {"vestas": "VWS", "nokia": "NOKIA", "orsted": "ORSTED", "maersk": "MAERSK", "novo nordisk": "NOVO"}
        self.prices = {"VWS": 18.4, "NOKIA": 4.1, "ORSTED": 42.0, "MAERSK": 1480.0, "NOVO": 71.5}
        self.cash = 3000.0
        self.positions = {"NOKIA": 300, "ORSTED": 20}
        self.orders = {}
        self.watchlist = ["VWS"]

    def find_symbol(self, company):
        name = company.lower().replace("ø", "o")
        return {"symbol": found(self.companies, name, "company")}

    def get_quote(self, symbol):
        return {"symbol": symbol, "price": found(self.prices, symbol, "symbol"), "currency": "EUR"}

    def get_balance(self):
        return {"cash": self.cash, "currency": "EUR"}

    def get_positions(self):
        return {"positions": self.positions}

    def place_order(self, symbol, side, quantity, limit_price=None):
        price = found(self.prices, symbol, "symbol")
        if side == "buy" and quantity * (limit_price or price) > self.cash:
            raise Refused(f"insufficient funds: {quantity * (limit_price or price):.2f} needed, {self.cash:.2f} there")
        if side == "sell" and quantity > self.positions.get(symbol, 0):
            raise Refused(f"shares of {symbol} held: {self.positions.get(symbol, 0)}")
        order = 5001 + len(self.orders)
        self.orders[order] = "filled" if limit_price is None else "open"
        if limit_price is None:
            sign = 1 if side == "buy" else -1
            self.cash -= sign * quantity * price
            self.positions[symbol] = self.positions.get(symbol, 0) + sign * quantity
        return {"order_id": order, "status": self.orders[order]}

    def cancel_order(self, order_id):
        if found(self.orders, order_id, "order") != "open":
            raise Refused(f"order {order_id} is {self.orders[order_id]}")
        self.orders[order_id] = "cancelled"
        return {"order_id": order_id, "status": "cancelled"}

    def add_to_watchlist(self, symbol):
        found(self.prices, symbol, "symbol")
        self.watchlist.append(symbol)
        return {"watchlist": self.watchlist}


class Tickets:
    """Seats for events: `seats` holds what is left and the price in euros."""

    def __init__(self):
        self.events = {
            "E1": {"title": "Carmen", "city": "vienna", "genre": "opera", "date": "2026-05-08"},
            "E2": {"title": "Tosca", "city": "vienna", "genre": "opera", "date": "2026-05-10"},
            "E3": {"title": "Blue Lines", "city": "vienna", "genre": "jazz", "date": "2026-05-09"},
            "E4": {"title": "Northern Lights", "city": "hamburg", "genre": "jazz", "date": "2026-05-16"},
            "E5": {"title": "Harbour Derby", "city": "hamburg", "genre": "sport", "date": "2026-05-23"},
        }
        self.seats = {
            "E1": {"stalls": [2, 95], "balcony": [40, 48]},
            "E2": {"stalls": [12, 110], "balcony": [0, 52]},
            "E3": {"standing": [80, 29]},
            "E4": {"stalls": [30, 41], "balcony": [6, 33]},
            "E5": {"standing": [500, 22], "stalls": [64, 38]},
        }
        self.bookings = {}

    def search_events(self, city, genre=None):
        hits = [{"event_id": e, "title": v["title"], "date": v["date"]} for e, v in self.events.items() if v["city"] == town(city) and genre in (None, v["genre"])]
        return {"events": hits}

    def get_seats(self, event_id):
        seats = found(self.seats, event_id, "event")
        return {"categories": [{"category": c, "left": n, "price": p} for c, (n, p) in seats.items()]}

    def book(self, event_id, category, quantity):
        seat = found(found(self.seats, event_id, "event"), category, "category")
        if seat[0] < quantity:
            raise Refused(f"seats left in category '{category}': {seat[0]}")
        seat[0] -= quantity
        booking = f"B{701 + len(self.bookings)}"
        self.bookings[booking] = [event_id, category, quantity]
        return {"booking_id": booking, "total": quantity * seat[1], "currency": "EUR"}

    def change_quantity(self, booking_id, quantity):
        event, category, had = found(self.bookings, booking_id, "booking")
        seat = self.seats[event][category]
        if seat[0] < quantity - had:
            raise Refused(f"more seats left in category '{category}': {seat[0]}")
        seat[0] -= quantity - had
        self.bookings[booking_id][2] = quantity
        return {"booking_id": booking_id, "total": quantity * seat[1], "currency": "EUR"}

    def cancel(self, booking_id):
        event, category, had = found(self.bookings, booking_id, "booking")
        self.seats[event][category][0] += had
        del self.bookings[booking_id]
        return {"cancelled": booking_id}


class Vehicle:
    """A parked car. The engine starts with the brake pressed and all doors shut and locked."""

    def __init__(self):
        self.fuel = 9.0
        self.tank = 50.0
        self.engine = False
        self.brake = False
        self.unlocked = {"driver", "rear_left"}
        self.tyres = {"front_left": 2.4, "front_right": 2.4, "rear_left": 1.8, "rear_right": 2.3}

    def get_status(self, part):
        return {"part": part} | {"fuel": {"litres": self.fuel, "capacity": self.tank}, "doors": {"unlocked": sorted(self.unlocked)}, "tyres": {"bar": self.tyres}, "engine": {"running": self.engine}}[part]

    def lock_doors(self, doors, locked):
        self.unlocked = self.unlocked - set(doors) if locked else self.unlocked | set(doors)
        return {"unlocked": sorted(self.unlocked)}

    def press_brake(self, pressed):
        self.brake = pressed
        return {"brake_pressed": pressed}

    def start_engine(self):
        if self.unlocked:
            raise Refused(f"doors not locked: {', '.join(sorted(self.unlocked))}")
        if not self.brake:
            raise Refused("brake pedal not pressed")
        self.engine = True
        return {"engine_running": True}

    def refuel(self, litres):
        if self.fuel + litres > self.tank:
            raise Refused(f"only {self.tank - self.fuel:g} litres fit into the tank")
        self.fuel += litres
        return {"litres": self.fuel}

    def estimate_fuel(self, kilometres):
        return {"litres_needed": round(kilometres * 0.06, 1)}

    def set_climate(self, celsius, fan="auto"):
        if not 16 <= celsius <= 28:
            raise Refused("temperature must be from 16 to 28")
        return {"celsius": celsius, "fan": fan}

    def navigate(self, destination, avoid_tolls=False):
        kilometres = found({"ghent": 320, "brussels": 265, "cologne": 190}, town(destination), "destination")
        return {"kilometres": kilometres + (25 if avoid_tolls else 0)}


class Messages:
    """Contacts by id and their messages."""

    def __init__(self):
        self.contacts = {"c1": ["Anna Lind", "+4670111"], "c2": ["Anna Berg", "+4670222"], "c3": ["Tomas Ek", "+4670333"], "c4": ["Dr. Holm", "+4670444"]}
        self.inbox = {
            "m11": ["c3", "The keys are under the pot."],
            "m12": ["c4", "Your results are in, please call us."],
            "m13": ["c3", "Are you coming on Saturday?"],
        }
        self.sent = 0

    def find_contact(self, name):
        hits = [{"contact_id": i, "name": n} for i, (n, _) in self.contacts.items() if name.lower().strip(".") in n.lower()]
        if not hits:
            raise Refused(f"no contact called '{name}'")
        return {"contacts": hits}

    def add_contact(self, name, phone):
        contact = f"c{len(self.contacts) + 1}"
        self.contacts[contact] = [name, phone]
        return {"contact_id": contact}

    def get_phone(self, contact_id):
        return {"phone": found(self.contacts, contact_id, "contact")[1]}

    def send(self, contact_id, text):
        found(self.contacts, contact_id, "contact")
        self.sent += 1
        return {"message_id": f"s{self.sent}", "status": "delivered"}

    def list_messages(self, contact_id=None):
        return {"messages": [{"message_id": m, "from": self.contacts[c][0], "text": t} for m, (c, t) in self.inbox.items() if contact_id in (None, c)]}

    def delete(self, message_id):
        found(self.inbox, message_id, "message")
        del self.inbox[message_id]
        return {"deleted": message_id}


class Travel:
    """Flights, hotels and what has been booked."""

    def __init__(self):
        self.flights = {
            "F10": ["GOT", "CDG", "2026-06-12", "07:05", 129, 9],
            "F11": ["GOT", "CDG", "2026-06-12", "17:40", 89, 1],
            "F12": ["CDG", "GOT", "2026-06-16", "11:20", 104, 9],
            "F20": ["GOT", "LIS", "2026-06-12", "09:15", 188, 9],
            "F21": ["GOT", "LIS", "2026-06-13", "09:15", 142, 9],
        }
        self.hotels = {"H1": ["paris", "Hotel Cluny", 140], "H2": ["paris", "Le Marais Inn", 96], "H3": ["lisbon", "Casa do Rio", 82]}
        self.bookings = {}

    def search_flights(self, origin, destination, date):
        hits = [{"flight_id": f, "departs": v[3], "price": v[4]} for f, v in self.flights.items() if v[:3] == [origin, destination, date]]
        return {"flights": hits, "currency": "EUR"}

    def booked(self, total, details):
        booking = f"T{901 + len(self.bookings)}"
        self.bookings[booking] = details | {"total": total, "status": "confirmed"}
        return {"booking_id": booking, "total": total, "currency": "EUR"}

    def book_flight(self, flight_id, passengers):
        flight = found(self.flights, flight_id, "flight")
        if flight[5] < len(passengers):
            raise Refused(f"seats left on {flight_id}: {flight[5]}")
        return self.booked(flight[4] * len(passengers), {"flight": flight_id, "passengers": passengers})

    def search_hotels(self, city, max_price=None):
        hits = [{"hotel_id": h, "name": v[1], "price_per_night": v[2]} for h, v in self.hotels.items() if v[0] == town(city) and (max_price is None or v[2] <= max_price)]
        return {"hotels": hits, "currency": "EUR"}

    def book_hotel(self, hotel_id, check_in, nights, breakfast=False):
        hotel = found(self.hotels, hotel_id, "hotel")
        return self.booked((hotel[2] + 12 * breakfast) * nights, {"hotel": hotel[1], "check_in": check_in, "nights": nights})

    def get_booking(self, booking_id):
        return found(self.bookings, booking_id, "booking")

    def cancel_booking(self, booking_id):
        found(self.bookings, booking_id, "booking")["status"] = "cancelled"
        return {"booking_id": booking_id, "status": "cancelled"}


class Shop:
    """A clothes shop and one customer's cart."""

    def __init__(self):
        self.products = {"P31": ["rain jacket", 79.0], "P32": ["light rain jacket", 49.0], "P40": ["wool socks", 9.5], "P51": ["hiking boots", 120.0]}
        self.stock = {("P31", "M"): 3, ("P31", "L"): 0, ("P32", "M"): 5, ("P32", "L"): 2, ("P40", "M"): 30, ("P51", "L"): 1}
        self.cart = {}
        self.discount = 0

    def search(self, query, max_price=None):
        words = query.lower().split()
        return {"products": [{"product_id": p, "name": n, "price": c} for p, (n, c) in self.products.items() if all(w.rstrip("s") in n for w in words) and (max_price is None or c <= max_price)]}

    def get_stock(self, product_id, size):
        found(self.products, product_id, "product")
        return {"pieces": self.stock.get((product_id, size), 0)}

    def total(self):
        sum_ = sum(self.products[p][1] * n for (p, _), n in self.cart.items())
        return {"items": sum(self.cart.values()), "total": round(sum_ * (100 - self.discount) / 100, 2)}

    def add_to_cart(self, product_id, size, quantity=1):
        left = self.get_stock(product_id, size)["pieces"]
        if left < quantity:
            raise Refused(f"pieces left of {product_id} in size {size}: {left}")
        self.cart[product_id, size] = self.cart.get((product_id, size), 0) + quantity
        return self.total()

    def remove_from_cart(self, product_id, size):
        if self.cart.pop((product_id, size), None) is None:
            raise Refused(f"{product_id} in size {size} is not in the cart")
        return self.total()

    def apply_voucher(self, code):
        self.discount = found({"SPRING10": 10}, code.upper(), "voucher")
        return self.total()

    def checkout(self, payment):
        if not self.cart:
            raise Refused("the cart is empty")
        return {"order_id": "O2201", "paid": self.total()["total"], "payment": payment}


WORLDS = {"files": Files, "trading": Trading, "tickets": Tickets, "vehicle": Vehicle, "messages": Messages, "travel": Travel, "shop": Shop}


def answer(world, name, arguments):
    """What a call gives, as the text that the model reads."""
    try:
        result = getattr(world, name.rpartition(".")[2])(**arguments)
    except Refused as refused:
        result = {"error": str(refused)}
    return json.dumps(result, ensure_ascii=False)


def reference(call):
    """The first accepted value of each parameter; null stands for leaving it out."""
    values = {name: next((v for v in accepted if v is not None), None) for name, accepted in call["arguments"].items()}
    return {name: value for name, value in values.items() if value is not None}


def replay(dialogue):
    """Each call of a dialogue with the result that its world gives, and those that its other accepted values give."""
    world = WORLDS[dialogue["id"].split("-")[0]]()
    for turn in dialogue["turns"]:
        for call in turn["calls"]:
            first = reference(call)
            others = [first | {name: value} for name, accepted in call["arguments"].items() for value in accepted if value is not None]
            elsewhere = [answer(copy.deepcopy(world), call["name"], arguments) for arguments in others]
            yield call, answer(world, call["name"], first), elsewhere
