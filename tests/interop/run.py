"""Real clients against a compiled proxy on the loopback: JsSIP over WS and WSS, baresip and SIPp over UDP, TCP and TLS; SIPp answers.
usage: run.py STROWGER jssip|baresip|sipp...      (README.md says what has to be installed)"""

import csv
import os
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "loopback"))

from certificates import Authority  # noqa: E402
from proxy import Proxy, build, free_port  # noqa: E402


def jssip(udp, tls, folder):
    for url in (f"ws://127.0.0.1:{udp}/ws", f"wss://127.0.0.1:{tls}/ws"):
        done = subprocess.run(["node", str(HERE / "jssip_call.js"), url, "alice", f"127.0.0.1:{udp}", f"sip:phone@127.0.0.1:{udp}"],
                              capture_output=True, text=True, timeout=60)
        print(f"jssip {url.split(':')[0]}: " + ", ".join(done.stdout.split("\n")[:-1]), done.stderr[-2000:])
        if done.returncode != 0:
            return False
    return True


def baresip(udp, tls, folder):
    for transport, port in (("udp", udp), ("tcp", udp), ("tls", tls)):
        home = Path(folder) / f"baresip-{transport}"
        home.mkdir()
        own = free_port()
        (home / "config").write_text(f"""sip_listen 127.0.0.1:{own}
sip_verify_server no
audio_player aufile,{home}/out.wav
audio_source aufile,{home}/voice.wav
module_path {next((str(p) for p in Path('/usr/lib').glob('**/baresip/modules')), '/usr/lib/baresip/modules')}
module g711.so
module aufile.so
module_tmp account.so
module_app menu.so
""")
        (home / "accounts").write_text(f"<sip:carol@127.0.0.1:{port};transport={transport}>;regint=300;answermode=auto;auth_pass=x\n")
        (home / "contacts").write_text("")
        with wave.open(str(home / "voice.wav"), "wb") as voice:
            voice.setnchannels(1), voice.setsampwidth(2), voice.setframerate(8000)
            voice.writeframes(bytes(16000 * 10))
        log = subprocess.run(["timeout", "20", "baresip", "-f", str(home), "-e", f"/dial sip:phone@127.0.0.1:{port};transport={transport}", "-t", "6"],
                             capture_output=True, text=True)
        text = log.stdout + log.stderr
        words = ("200 OK", "established", "closed", "failed", "rror")
        lines = [line.strip() for line in text.splitlines() if any(word in line for word in words) and not line.startswith("/dial")]
        print(f"baresip {transport}: " + "; ".join(lines[:8]))
        if "established" not in text:
            print(text[-3000:])
            return False
    return True


def sipp(udp, tls, folder, calls=200):
    """Every caller's transport with every callee's: SIPp's modes u1 UDP, t1 TCP, l1 TLS on one connection, ln TLS on one for each call."""
    program, scenarios = os.environ.get("SIPP", "sipp"), HERE.parent / "bench" / "mix"
    common = ["-i", "127.0.0.1", "-nostdin", "-tls_cert", f"{folder}/a.pem", "-tls_key", f"{folder}/a.key"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder,
             "env": {**os.environ, "TERM": "dumb"}}
    good = True
    for callee, user in (("u1", "sipp-u1"), ("t1", "sipp-t1"), ("l1", "sipp-l1")):
        port = int((Path(folder) / user).read_text())
        answering = subprocess.Popen([program, "-sf", scenarios / "uas_answers.xml", "-p", str(port), "-t", callee, *common], **quiet)
        time.sleep(1)
        for caller in ("u1", "t1", "l1", "ln"):
            statistics = Path(folder) / f"{caller}-{callee}.csv"
            done = subprocess.run([program, f"127.0.0.1:{tls if caller[0] == 'l' else udp}", "-sf", scenarios / "uac_answered.xml", "-s", user,
                                   "-p", str(free_port()), "-t", caller, "-r", "50", "-m", str(calls), "-max_socket", "1000", "-timeout", "60",
                                   "-trace_stat", "-stf", statistics, "-trace_err", "-error_file", f"{statistics}.errors", *common], **quiet)
            row = list(csv.DictReader(statistics.open(), delimiter=";"))[-1] if statistics.exists() else {}
            print(f"sipp {caller} calls {callee}: {row.get('SuccessfulCall(C)', '0')} of {calls} calls, failed {row.get('FailedCall(C)', '?')}, "
                  f"retransmissions {row.get('Retransmissions(C)', '?')}, exit {done.returncode}")
            if done.returncode != 0:
                good = False
                errors = Path(f"{statistics}.errors")
                print(errors.read_text()[:2000] if errors.exists() else "SIPp says nothing; has it TLS? `sipp -v` tells")
        answering.terminate()
        answering.wait()
    return good


def main():
    strowger, which = str(Path(sys.argv[1]).resolve()), sys.argv[2:] or ["jssip", "baresip"]
    with tempfile.TemporaryDirectory(prefix="strowger-interop-") as folder:
        Authority(Path(folder)).issue("a", "DNS:a.example,IP:127.0.0.1")
        udp, tls, phone = free_port(), free_port(), free_port()
        text = (HERE / "interop.cfg").read_text()
        for transport in ("u1", "t1", "l1"):
            (Path(folder) / f"sipp-{transport}").write_text(str(free_port()))
            text = text.replace(f"SIPP-{transport}", (Path(folder) / f"sipp-{transport}").read_text())
        for name, value in (("UDPPORT", udp), ("TLSPORT", tls), ("PHONE", phone), ("FOLDER", folder)):
            text = text.replace(name, str(value))
        cfg = Path(folder) / "interop.cfg"
        cfg.write_text(text)
        build(strowger, cfg, Path(folder) / "proxy")
        phone_process = subprocess.Popen(["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(phone), "-nostdin"], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env={**os.environ, "TERM": "dumb"})
        good = True
        try:
            with Proxy(Path(folder) / "proxy", "-n", "2") as proxy:
                for one in which:
                    good = {"jssip": jssip, "baresip": baresip, "sipp": sipp}[one](udp, tls, folder) and good
                counts = {}
                for line in proxy.script_log():
                    counts[line] = counts.get(line, 0) + 1
                print("the proxy's log: " + ", ".join(f"{line.replace('INFO: ', '')} x{n}" for line, n in counts.items() if " over " in line))
        finally:
            phone_process.terminate()
            phone_process.wait()
    print("good" if good else "BAD")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
