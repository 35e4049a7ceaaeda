"""A book in which everything has happened, made by commands as an operator types them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from billing.calendar import local_day
from billing.policy import DAYS
from bot.clock import system_clock
from storage.database.transaction import Database
from tests.commands import Shell
from tests.keys import KEYS
from tests.world import flagged

if TYPE_CHECKING:
    from pathlib import Path

ZONE: Final = "America/Los_Angeles"
TODAY: Final = local_day(system_clock(), ZoneInfo(ZONE))
"""The clinic's day, which begins later than that of UTC."""
AGO: Final = {days: TODAY - timedelta(days=days) for days in (1, 10, 30, 70, 100, 400)}
LATER: Final = TODAY + timedelta(days=60)
SETTINGS: Final = f"""
policy = "open.toml"
letters_folder = "post"
public_url = "https://oak.example"
twilio_account_sid = "AC1"
twilio_auth_token = "never used"
twilio_from = "+15035550100"
sending = "live"
[creditor]
name = "Oak Avenue Clinic"
phone = "+1 503 555 0100"
zone = "{ZONE}"
country = "US"
address = ["500 Oak Avenue", "Portland, OR 97205"]
[costs]
sms_price = "0.0079"
currency = "USD"
[[collectors]]
id = "fair"
name = "Fair Collect"
statement_of_work = "SOW-1"
rates = [{{ percent = 20 }}]
[[payers]]
id = "asked"
eligibility = "x12"
number = "60054"
[claims]
npi = "1234567893"
tax_id = "12-3456789"
street = "12 Elm Street"
city = "Portland"
region = "OR"
postal_code = "97205-1234"
phone = "+15035550100"
sender_id = "KVITT01"
receiver_id = "CLEAR01"
receiver_name = "Clearing House"
"""
CAMPAIGN: Final = f"""
name = "spring"
message = "campaign.plan"
[window]
first_day = {AGO[1]}
last_day = {TODAY + timedelta(days=9)}
[pace]
per_hour = 60
"""
_PERSON: Final = "1980-02-28,+1503555{phone},US,OR,12 Elm Street,97201,Portland"
FILES: Final = {
    "customers.csv": (
        "customer_id,name,birth_date,phone,country,region,address,postal_code,city,sms_consent_on,"
        "sms_consent_basis\n"
        + "".join(
            f"{number},Person {number},{_PERSON.format(phone=f'{100 + number:04}')},{AGO[30]},signed form\n"
            for number in range(1, 9)
        )
        + "9,Paper Person,1980-02-28,,US,OR,14 Elm Street,97201,Portland,,\n"
    ),
    "coverages.csv": (
        "coverage_id,customer_id,payer_id,payer_name,member_id,starts_on,currency,deductible,"
        "coinsurance_percent,needs_authorisation\n"
        f"V1,1,blue,Blue River,M-1,{AGO[400]},USD,100.00,20,CPT:70551\n"
        f"V2,2,asked,Asked Health,M-2,{AGO[400]},,,,\n"
        f"V3,3,slow,Slow Health,M-3,{AGO[400]},,,,\n"
    ),
    "bills.csv": "bill_id,customer_id,issued_on,due_on,currency,amount,description\n"
    + "".join(
        f"B{number},{number},{AGO[100]},{AGO[70]},USD,{100 * number}.50,Visit\n" for number in range(1, 10)
    )
    + f"B10,5,{AGO[100]},{AGO[70]},USD,90.00,Visit\nB11,5,{AGO[100]},{AGO[70]},USD,80.00,Visit\n",
    "charges.csv": (
        "charge_id,bill_id,service_on,description,unit_amount,code_system,code\n"
        f"X1,B1,{AGO[100]},Visit,100.50,CPT,99213\nX3,B3,{AGO[100]},Visit,300.50,CPT,99213\n"
        f"X2,B2,{AGO[100]},Visit,200.50,CPT,99213\n"
    ),
    "prices.csv": (
        "code_system,code,description,amount,currency,valid_from\n"
        f"CPT,70551,MRI of the brain,1000.00,USD,{AGO[400]}\n"
    ),
    "codes.csv": "code,description\nG8427,Medication list\n",
    "crosswalk.csv": "from_system,from_code,to_system,to_code\nSNOMED CT,430193006,HCPCS,G8427\n",
    "tariffs.csv": (
        f"tariff,code,description,kind,price,currency,since\nhome,net,Connection,fixed,12.50,USD,{AGO[400]}\n"
    ),
    "subscriptions.csv": (
        f"subscription_id,customer_id,tariff,every,starts_on\nS1,9,home,quarterly,{AGO[400]}\n"
    ),
    "payments.csv": (
        "payment_id,reference,amount,currency,paid_on,method\n"
        f"P1,B4,1000.00,USD,{AGO[10]},bank\nP2,nobody knows,55.00,USD,{AGO[10]},bank\n"
        f"P3,B5,20.00,USD,{AGO[10]},card\nP4,B6,500.00,USD,{AGO[1]},bank\n"
    ),
    "activity.csv": f"placement_key,reported_on,activity\nB7-P1,{TODAY},none\n",
    "remittance.csv": (
        "remittance_id,placement_key,collected_on,gross,fee,net,kind\n"
        f"M1,B7-P1,{TODAY},100.00,20.00,80.00,payment\n"
    ),
    "spring.toml": CAMPAIGN,
    "kvitt.toml": SETTINGS,
}

BEFORE_THE_COLLECTOR: Final = (
    "import customers.csv coverages.csv bills.csv charges.csv --json",
    "prices import prices.csv --json",
    "codes import codes.csv --system HCPCS --version 2026 --json",
    "codes crosswalk crosswalk.csv --json",
    "payers terms blue --answer-days 30",
    "payers terms slow --form invoice --email bills@slow.example --remind 5",
    "users add Kim --role rep",
    "act note 2 --text calls --json",
    "run --json",
    "payments import payments.csv --json",
    "payments accounts name 991-2346 --of SE3550000000054910000003",
    "payments refund request 1 --amount 10",
    "payments chargeback open 3 --reference CB-1",
    "claims open B1 --json",
    f"claims file C100001-1 --on {AGO[10]} --json",
    "claims answer C100001-1 --id E1 --paid 50 --adjust CO:50:50.50 --json",
    "claims appeal C100001-1 --reason notes --json",
    "claims open B3 --json",
    f"claims file C100003-1 --on {AGO[70]} --json",
    "claims open B2 --json",
    "claims check --payer blue --json",
    "claims remind --json",
    f"authorisations ask 1 CPT:70551 --on {TODAY}",
    "eligibility check V1",
    "eligibility check V2",
    "eligibility export asked out.270 --json",
    "prices estimate 1 CPT:70551 --json",
    f"holds place --kind manual --reason calls --customer 8 --until {LATER}",
    "billing tariffs tariffs.csv",
    "billing subscriptions subscriptions.csv",
    "billing cycle --json",
    "billing propose --json",
    "billing approve 1",
    "letters batch --json",
    "letters posted 1",
    "campaigns create spring.toml --json",
    "campaigns start spring",
    "escalations take 1 --json",
    "escalations snooze 1 --days 2 --json",
    "escalations return 1 --reason lunch --json",
    "privacy erase 6 --anyway asked",
)
"""What is done, in this order; a case, a plan and a promise come from what customers write."""
SAID: Final = (
    ("2", "what do I owe?\n1980-02-28\nthis bill is wrong\nI was not there\n"),
    ("3", "what do I owe?\n1980-02-28\nin parts please\n3 months\nthe 25th\nyes\n"),
    ("8", "I can not afford this, I lost my job\n1980-02-28\nyes\nyes\n2\n1000\nyes\n"),
    ("7", "what do I owe?\n1980-02-28\nin parts please\n30 months\nthe 25th\nyes\nyes\n"),
)
WITH_THE_COLLECTOR: Final = (
    "placements approve B7 --collector fair",
    "placements export --json",
    "placements acknowledge B7-P1 --reference F-1",
    "placements activity activity.csv --json",
    "placements remit remittance.csv --json",
    "placements report --json",
    f"period close {AGO[100]}",
    "backup book.zip --json",
    "sending stop --reason trial",
)


def write(folder: Path) -> Shell:
    """The book in a folder of its own; every command that is typed for it succeeds."""
    shell = Shell(folder)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "open.toml").write_text(_open_all_day())
    shell.sign_in()
    for line in BEFORE_THE_COLLECTOR:
        _done(shell, line)
    for customer, texts in SAID:
        _done(shell, f"chat --as {customer} --live", texts)
    database = Database(f"sqlite:///{folder / 'kvitt.db'}", KEYS)
    with database.write() as session:
        assert flagged(session, "B7", 70050, system_clock())
    database.close()
    for line in WITH_THE_COLLECTOR:
        _done(shell, line)
    return shell


def _done(shell: Shell, line: str, typed: str = "") -> None:
    done: Any = shell(*line.split(), typed=typed)
    assert done.returncode == 0, (line, done.stdout, done.stderr)


def _open_all_day() -> str:
    days = "".join(f'{day} = ["00:00", "23:59"]\n' for day in DAYS)
    return f'extends = "us+care"\n[window]\nsource = "a test"\n{days}'
