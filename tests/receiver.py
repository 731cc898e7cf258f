"""A real HTTP server that receives webhooks, for tests: it keeps what came and answers as it is told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """`answer` is a status, or a function of the handler; `got` are (headers, body) in the order of arrival."""

    def __init__(self, context=None):
        self.answer, self.got = 200, []
        self.release = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server.server_address[1]

    @property
    def place(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.place}/hook"

    @property
    def events(self):
        return [json.loads(body) for _headers, body in self.got]

    def close(self):
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def _handler(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                if callable(receiver.answer):
                    receiver.answer(self)
                else:
                    self.send_response(receiver.answer)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *args):
                pass

        return Handler
