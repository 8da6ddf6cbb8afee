"""One transaction: the groups of tables, each with the methods that its users need."""

from storage.acts import Acts
from storage.addresses import Addresses
from storage.alerts import Alerts
from storage.alterations import Alterations
from storage.arrivals import Arrivals
from storage.attempts import Attempts
from storage.bulk_acts import BulkActs
from storage.consents import Consents
from storage.contacts import Contacts
from storage.conversations import Conversations
from storage.deliveries import Deliveries
from storage.delivery_log import DeliveryLog
from storage.directory import Directory
from storage.events import Events
from storage.figures import Figures
from storage.files import FileRows
from storage.flows import Flows
from storage.funnels import Funnels
from storage.invitations import Invitations
from storage.keys import Keys
from storage.labels import Labels
from storage.landings import Landings
from storage.leases import Leases
from storage.links import Links
from storage.lists import Lists
from storage.merges import Merges
from storage.messages import Messages
from storage.notes import Notes
from storage.notices import Notices
from storage.operators import Operators
from storage.orders import Orders
from storage.places import Places
from storage.presence import Presences
from storage.pushes import Pushes
from storage.ratings import Ratings
from storage.receipts import Receipts
from storage.replies import Replies
from storage.search import Search
from storage.sends import Sends
from storage.sessions import Sessions
from storage.settings import Settings
from storage.sign_ins import SignIns
from storage.sql import Connection, Sql
from storage.subscriptions import Subscriptions
from storage.tallies import Tallies
from storage.timers import Timers
from storage.wishes import WishRows


class Tx:
    """Belongs to one task. Whoever opened it commits; nobody else does."""

    def __init__(self, connection: Connection) -> None:
        sql = Sql(connection)
        self.sql = sql
        self.acts = Acts(sql)
        self.addresses = Addresses(sql)
        self.alerts = Alerts(sql)
        self.alterations = Alterations(sql)
        self.arrivals = Arrivals(sql)
        self.attempts = Attempts(sql)
        self.bulk_acts = BulkActs(sql)
        self.consents = Consents(sql)
        self.contacts = Contacts(sql)
        self.conversations = Conversations(sql)
        self.deliveries = Deliveries(sql)
        self.delivery_log = DeliveryLog(sql)
        self.directory = Directory(sql)
        self.events = Events(sql)
        self.figures = Figures(sql)
        self.files = FileRows(sql)
        self.flows = Flows(sql)
        self.funnels = Funnels(sql)
        self.invitations = Invitations(sql)
        self.keys = Keys(sql)
        self.labels = Labels(sql)
        self.landings = Landings(sql)
        self.leases = Leases(sql)
        self.links = Links(sql)
        self.lists = Lists(sql)
        self.merges = Merges(sql)
        self.messages = Messages(sql)
        self.notes = Notes(sql)
        self.notices = Notices(sql)
        self.operators = Operators(sql)
        self.orders = Orders(sql)
        self.places = Places(sql)
        self.presence = Presences(sql)
        self.pushes = Pushes(sql)
        self.ratings = Ratings(sql)
        self.receipts = Receipts(sql)
        self.replies = Replies(sql)
        self.search = Search(sql)
        self.sends = Sends(sql)
        self.sessions = Sessions(sql)
        self.settings = Settings(sql)
        self.sign_ins = SignIns(sql)
        self.subscriptions = Subscriptions(sql)
        self.tallies = Tallies(sql)
        self.timers = Timers(sql)
        self.wishes = WishRows(sql)
