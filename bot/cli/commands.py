"""The list of all commands: which module has each, and its line in the help."""

from __future__ import annotations

from typing import Final, NamedTuple


class Listed(NamedTuple):
    """A command as ``kvitt --help`` shows it: the module of ``bot.cli`` that has it, and its line."""

    module: str
    line: str


GROUPS: Final = {
    "Begin": ("demo", "init", "doctor", "import", "db", "keys", "users"),
    "Run": ("serve", "worker", "web", "sending", "shadow", "backup", "restore"),
    "Desk": ("escalations", "act", "find", "accounts", "book", "messages", "explain", "audit", "holds",
             "plans", "confirm", "reassigned", "invite", "mail", "privacy"),
    "Bills": ("billing", "bills", "statement", "letters"),
    "Reminders and collectors": ("run", "runs", "placements", "campaigns"),
    "Money": ("payments", "aging", "period", "journal"),
    "Payers and costs": ("payers", "claims", "eligibility", "authorisations", "codes", "prices", "aid"),
    "Policies and trials": ("policy", "simulate", "chat", "understand"),
}  # fmt: skip
"""The commands in the help, by what one is about to do."""

COMMANDS: Final = {
    "demo": Listed(
        "serving",
        "Serve a sample clinic on a throw-away database and simulated phones: nothing real is sent.",
    ),
    "serve": Listed("serving", "Everything in one process: web, Telegram, delivery and the clock."),
    "worker": Listed(
        "serving",
        "Run delivery and the clock without the web pages; as many of these as wanted on one PostgreSQL.",
    ),
    "web": Listed("serving", "The web server alone; as many of these as wanted."),
    "init": Listed(
        "setting_up", "Write the settings file kvitt.toml; at a terminal it asks for what belongs there."
    ),
    "doctor": Listed("setting_up", "Check settings, policy, words and database, and say what to fix."),
    "backup": Listed("backups", "Write a checked backup of the database; everything may go on running."),
    "restore": Listed(
        "backups", "Put a backup in the place of the database; it comes up with all sending stopped."
    ),
    "import": Listed(
        "data",
        "Import data from files: customers, coverages, bills, charges; a second import changes nothing.",
    ),
    "aging": Listed(
        "accounting",
        "List what accounts owe and how old it is: by customer, by payer for claims, and in total.",
    ),
    "run": Listed("runs", "Run dunning once: who gets what, and why."),
    "chat": Listed(
        "talking",
        "Text the bot as a customer, on a copy in memory; a line is a message, read from standard input.",
    ),
    "understand": Listed("talking", "Read messages, one a line, and print how each is understood."),
    "find": Listed(
        "finding",
        "Find people, bills and messages: by a part of a name, the last digits of a phone, a number, a word.",
    ),
    "book": Listed("finding", "Print how the whole book was on a day: aging, collected, kept, answered."),
    "accounts": Listed("desk", "List every account: what is owed, its dunning level, and the next check."),
    "explain": Listed(
        "desk",
        "Show why a message was sent or held: each decision with the policy rule behind it.",
    ),
    "messages": Listed("messages", "Print the texts from and to a customer, with what became of each."),
    "audit": Listed("desk", "Print the audit trail: what users did, and what Kvitt did on its own."),
    "confirm": Listed("numbers", "Record that a customer confirmed a phone number, by phone or in person."),
    "reassigned": Listed("numbers", "Retire a phone number that the carrier has given to somebody else."),
    "invite": Listed(
        "agreements",
        "Make a t.me link for a customer: the first chat that opens it is bound to the customer.",
    ),
    "statement": Listed(
        "papers",
        "Write a customer's statement of account: opening balance, every entry, closing balance.",
    ),
    "simulate": Listed(
        "simulating",
        "Try a policy with simulated people and carriers; exit 1 if any promise is broken.",
    ),
    "db": Listed("setting_up", "The database."),
    "keys": Listed("keys", "The key by which the database is sealed."),
    "policy": Listed("policies", "Policies: what may be said to whom, when."),
    "payers": Listed("payer_terms", "Payers, and what was agreed with them."),
    "payments": Listed("payments", "Incoming payments, matching and refunds."),
    "period": Listed("accounting", "Close accounting periods, and reconcile them with the bank."),
    "journal": Listed("accounting", "The journal, for an accountant's program."),
    "runs": Listed("runs", "Dunning runs, and approval of their messages."),
    "escalations": Listed("cases", "Cases that need a person."),
    "act": Listed("acts", "What a rep does: more time, a plan, a note, a logged call, a dispute settled."),
    "claims": Listed("claims", "Claims on payers, and their answers."),
    "codes": Listed("codes", "Codes of services and diagnoses."),
    "prices": Listed("prices", "What services cost."),
    "authorisations": Listed("payers", "Prior authorisations by payers."),
    "eligibility": Listed("payers", "Whether coverages are active."),
    "aid": Listed("aid", "Help with the cost."),
    "holds": Listed("holds", "Stop demands for a customer, an account or a bill."),
    "plans": Listed("plans", "Payment plans that need a person's approval."),
    "placements": Listed("placements", "Bills on their way to a collector and back."),
    "billing": Listed("billing", "Bills: propose, review, approve, issue, send."),
    "bills": Listed("papers", "Bills on paper, credited, and due later."),
    "users": Listed("users", "Users of the desk, and their roles."),
    "mail": Listed("mail", "Incoming e-mail."),
    "letters": Listed("letters", "Letters sent through a print service."),
    "campaigns": Listed("campaigns", "One message to an audience, at a pace, with a result."),
    "privacy": Listed("privacy", "People's rights: everything about a person handed out, and forgotten."),
    "sending": Listed("sending", "Stop all sending at once, in every process."),
    "shadow": Listed("shadow", "Preview messages while sending is off."),
}
"""Every command, with its module.

Loading a module takes a part of a second, and no command needs another's, so it is loaded when its command
is called. The lines are those of the commands themselves, which a test compares.
"""
