"""A small real SMTP server for tests: it keeps what it took and fails as it is told."""

import socketserver
import threading


class Smtp:
    """`refuse` maps a command (MAIL, RCPT, DATA) to its answer; message number `silent_at` is taken without a word."""

    def __init__(self, port=0):
        self.got, self.refuse, self.silent_at = [], {}, None
        self.server = Server(("127.0.0.1", port), self._handler())
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def _handler(self):
        smtp = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self):
                self.say("220 test")
                while line := self.rfile.readline():
                    verb = line[:4].upper().decode(errors="replace").strip()
                    if verb in smtp.refuse:
                        self.say(smtp.refuse[verb])
                    elif verb == "DATA":
                        if not self.take():
                            return
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

            def take(self):
                self.say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line)
                smtp.got.append(b"".join(lines).decode(errors="replace"))
                if len(smtp.got) == smtp.silent_at:
                    return False
                self.say("250 taken")
                return True

        return Handler


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
