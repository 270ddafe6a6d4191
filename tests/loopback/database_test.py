"""Scripts that ask SQLite: sqlops, alias_db and speeddial in a running proxy, under the system call filter."""

import socket
import sqlite3
import tempfile
import unittest
from pathlib import Path

from agent import Message
from proxy import Proxy, build, free_port
from settings import STROWGER

SCRIPT = """listen=udp:127.0.0.1:PORT
children=1
loadmodule "db_sqlite.so"
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "textops.so"
loadmodule "cfgutils.so"
loadmodule "sqlops.so"
loadmodule "alias_db.so"
loadmodule "speeddial.so"
modparam("sqlops", "sqlcon", "ca=>sqlite://FOLDER/a.db")
modparam("alias_db|speeddial", "db_url", "sqlite://FOLDER/a.db")
request_route {
  switch ($rU) {
    case "alias": alias_db_lookup("dbaliases"); append_to_reply("X-Is: $ru\\r\\n"); break;
    case "11": sd_lookup("speed_dial"); append_to_reply("X-Is: $ru\\r\\n"); break;
    case "note": sql_query_async("ca", "insert into notes values ('$ci')"); break;
    case "left": append_to_reply("X-Is: $dbr(ra=>rows)\\r\\n"); break;
    case "faulty": $var(rc) = sql_query("ca", "select nothing from people", "ra"); append_to_reply("X-Is: $var(rc) $dbr(ra=>rows)\\r\\n"); break;
    default:
      sql_query("ca", "select name, age from people where name='$rU'", "ra");
      if ($hdr(X-Wait) != $null) usleep("$hdr(X-Wait)");
      append_to_reply("X-Is: $dbr(ra=>rows) $dbr(ra=>[0,0]) $dbr(ra=>[0,1])\\r\\n");
  }
  sl_send_reply("200", "OK");
}
"""


class Database(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder, cls.port = Path(folder.name), free_port()
        with sqlite3.connect(cls.folder / "a.db") as db:
            db.execute("create table people (name varchar(20), age int)")
            db.executemany("insert into people values (?, ?)", [("alice", 30), ("bob", 40)])
            db.execute("create table notes (id varchar(20))")
            db.execute("create table dbaliases (alias_username, alias_domain, username, domain)")
            db.execute("insert into dbaliases values ('alias', '127.0.0.1', 'robert', 'home.test')")
            db.execute("create table speed_dial (username, domain, sd_username, sd_domain, new_uri)")
            db.execute("insert into speed_dial values ('caller', 'b', '11', '127.0.0.1', 'sip:carol@c.test')")
        db.close()
        cfg = cls.folder / "d.cfg"
        cfg.write_text(SCRIPT.replace("FOLDER", str(cls.folder)).replace("PORT", str(cls.port)))
        build(STROWGER, cfg, cls.folder / "proxy")
        cls.proxy = Proxy(cls.folder / "proxy")
        cls.stopped = None
        cls.addClassCleanup(cls.stop)

    @classmethod
    def stop(cls):
        if cls.stopped is None:
            cls.stopped = cls.proxy.stop()
        return cls.stopped

    def send(self, user, *lines):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sender.close)
        sender.settimeout(20)
        sender.connect(("127.0.0.1", self.port))
        head = [f"OPTIONS sip:{user}@127.0.0.1 SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{user};rport", "Max-Forwards: 70",
                "From: <sip:caller@b>;tag=1", "To: <sip:x@b>", f"Call-ID: id-{user}", "CSeq: 1 OPTIONS", *lines, "Content-Length: 0", "", ""]
        sender.send("\r\n".join(head).encode())
        return sender

    def told(self, sender):
        return Message(*sender.recvfrom(65535)).get("X-Is")

    def test_rows_are_those_of_the_script_that_asked(self):
        slow = self.send("alice", "X-Wait: 700000")
        self.assertEqual(self.told(self.send("bob")), "1 bob 40")      # while the other one waits
        self.assertEqual(self.told(slow), "1 alice 30")
        self.assertEqual(self.told(self.send("nobody")), "0 <null> <null>")
        self.assertEqual(self.told(self.send("left")), "0")            # of the message before

    def test_faults_are_told(self):
        self.assertEqual(self.told(self.send("faulty")), "-1 0")
        self.assertEqual(self.told(self.send("o'quote")), "0 <null> <null>")

    def test_aliases_and_short_numbers(self):
        self.assertEqual(self.told(self.send("alias")), "sip:robert@home.test")
        self.assertEqual(self.told(self.send("11")), "sip:carol@c.test")

    def test_what_was_posted_is_run_before_the_end(self):
        self.assertIsNone(self.told(self.send("note")))
        self.assertEqual(self.stop(), 0)
        db = sqlite3.connect(self.folder / "a.db")
        self.assertEqual(db.execute("select * from notes").fetchall(), [("id-note",)])
        db.close()


if __name__ == "__main__":
    unittest.main()
