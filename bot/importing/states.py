"""The states of the USA: their codes, a time zone, and area codes for pretend phone numbers."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

FICTIONAL = 100
"""Every area code keeps 555-0100 to 555-0199 free for fiction."""


@dataclass(frozen=True, slots=True)
class State:
    """A state by its two letters; where it lies in several time zones, the one most people live in."""

    code: str
    zone: ZoneInfo
    area_codes: tuple[int, ...]

    def phone(self, index: int) -> str:
        """A fictional number of its own for each index; empty once there are no more."""
        area, line = divmod(index, FICTIONAL)
        return f"+1{self.area_codes[area]}55501{line:02}" if area < len(self.area_codes) else ""


_TABLE = """
Alabama|AL|America/Chicago|205 251 256 334
Alaska|AK|America/Anchorage|907
Arizona|AZ|America/Phoenix|480 520 602 623 928
Arkansas|AR|America/Chicago|479 501 870
California|CA|America/Los_Angeles|209 213 310 323 408 415 424 442 510 530 559 562 619 626 650 657 661 669 \
707 714 747 760 805 818 831 858 909 916 925 949 951
Colorado|CO|America/Denver|303 719 720 970
Connecticut|CT|America/New_York|203 475 860
Delaware|DE|America/New_York|302
District of Columbia|DC|America/New_York|202
Florida|FL|America/New_York|239 305 321 352 386 407 561 727 754 772 786 813 863 904 941 954
Georgia|GA|America/New_York|229 404 470 478 678 706 762 770 912
Hawaii|HI|Pacific/Honolulu|808
Idaho|ID|America/Boise|208
Illinois|IL|America/Chicago|217 224 309 312 618 630 708 773 779 815 847
Indiana|IN|America/Indiana/Indianapolis|260 317 765
Iowa|IA|America/Chicago|319 515 563 641 712
Kansas|KS|America/Chicago|316 785 913
Kentucky|KY|America/New_York|502 606 859
Louisiana|LA|America/Chicago|225 318 337 504 985
Maine|ME|America/New_York|207
Maryland|MD|America/New_York|240 301 410 443
Massachusetts|MA|America/New_York|339 351 413 508 617 774 781 857 978
Michigan|MI|America/Detroit|231 248 269 313 517 586 616 734 810 989
Minnesota|MN|America/Chicago|218 320 507 612 651 763 952
Mississippi|MS|America/Chicago|228 601 662
Missouri|MO|America/Chicago|314 417 573 636 660 816
Montana|MT|America/Denver|406
Nebraska|NE|America/Chicago|402
Nevada|NV|America/Los_Angeles|702 775
New Hampshire|NH|America/New_York|603
New Jersey|NJ|America/New_York|201 551 609 732 848 856 862 908 973
New Mexico|NM|America/Denver|505 575
New York|NY|America/New_York|212 315 347 516 518 585 607 631 646 716 718 845 914 917
North Carolina|NC|America/New_York|252 336 704 828 910 919
North Dakota|ND|America/Chicago|701
Ohio|OH|America/New_York|216 234 330 419 440 513 567 614 740 937
Oklahoma|OK|America/Chicago|405 580 918
Oregon|OR|America/Los_Angeles|503 971
Pennsylvania|PA|America/New_York|215 267 412 484 570 610 717 724 814 878
Rhode Island|RI|America/New_York|401
South Carolina|SC|America/New_York|803 843 864
South Dakota|SD|America/Chicago|605
Tennessee|TN|America/Chicago|615 731 901
Texas|TX|America/Chicago|210 214 254 281 361 409 432 469 512 682 713 806 817 830 832 903 936 940 956 972 979
Utah|UT|America/Denver|385 435 801
Vermont|VT|America/New_York|802
Virginia|VA|America/New_York|276 434 540 571 703 757 804
Washington|WA|America/Los_Angeles|206 253 360 425 509
West Virginia|WV|America/New_York|304
Wisconsin|WI|America/Chicago|262 414 608 715 920
Wyoming|WY|America/Denver|307
"""


def _read(line: str) -> tuple[str, State]:
    name, code, zone, area_codes = line.split("|")
    return name, State(code, ZoneInfo(zone), tuple(map(int, area_codes.split())))


STATES = dict(map(_read, _TABLE.strip().splitlines()))


def code_of(written: str) -> str:
    """A state by its two letters, whether it was written so or in full."""
    return STATES[written].code if written in STATES else written
