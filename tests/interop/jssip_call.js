// JsSIP under Node: registers over WebSocket, calls a phone, talks a second, hangs up. Media are faked: this is about signalling.
// usage: node jssip_call.js URL USER DOMAIN TARGET      (modules jssip and ws where NODE_PATH says)
'use strict';
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
const sdp = (setup) => 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\na=rtpmap:0 PCMU/8000\r\na=' + setup + '\r\n';

class FakePeerConnection {
  constructor() { this.iceGatheringState = 'complete'; this.iceConnectionState = 'new'; this.signalingState = 'stable'; this.localDescription = null; }
  addEventListener() {}
  removeEventListener() {}
  addTrack() {}
  addStream() {}
  getSenders() { return []; }
  async createOffer() { return { type: 'offer', sdp: sdp('sendrecv') }; }
  async createAnswer() { return { type: 'answer', sdp: sdp('sendrecv') }; }
  async setLocalDescription(d) { this.localDescription = d; }
  async setRemoteDescription(d) { this.remoteDescription = d; }
  close() { this.signalingState = 'closed'; }
}
globalThis.window = globalThis;
globalThis.RTCPeerConnection = FakePeerConnection;
globalThis.RTCSessionDescription = class { constructor(d) { Object.assign(this, d); } };

const JsSIP = require('jssip');
const WebSocket = require('ws');

class Socket {
  constructor(url) {
    this.url = url;
    this.via_transport = url.startsWith('wss') ? 'WSS' : 'WS';
    this.sip_uri = `sip:${new URL(url).host};transport=ws`;
  }
  connect() {
    this.socket = new WebSocket(this.url, 'sip', { origin: 'https://phone.example' });
    this.socket.on('open', () => this.onconnect());
    this.socket.on('message', (data, binary) => this.ondata(binary ? data : data.toString()));
    this.socket.on('close', (code, reason) => this.ondisconnect(code !== 1000, code, reason.toString()));
    this.socket.on('error', (error) => console.log('socket error', error.message));
  }
  disconnect() { this.socket.close(1000); }
  send(text) { this.socket.send(text); return true; }
  isConnected() { return this.socket && this.socket.readyState === WebSocket.OPEN; }
  isConnecting() { return this.socket && this.socket.readyState === WebSocket.CONNECTING; }
}

const [url, user, domain, target] = process.argv.slice(2);
const agent = new JsSIP.UA({ sockets: [new Socket(url)], uri: `sip:${user}@${domain}`, register: true, session_timers: false });
const end = (code, words) => { console.log(words); agent.stop(); setTimeout(() => process.exit(code), 500); };
setTimeout(() => end(1, 'nothing more happened for 20 seconds'), 20000).unref();
agent.on('connected', () => console.log('connected'));
agent.on('registrationFailed', (e) => end(1, `registration failed: ${e.cause}`));
agent.once('registered', () => {
  console.log('registered');
  agent.call(target, {
    mediaConstraints: { audio: false, video: false },
    eventHandlers: {
      progress: (e) => console.log(`progress ${e.response.status_code}`),
      confirmed: (e) => { console.log(`confirmed by ${e.originator}`); setTimeout(() => session.terminate(), 1000); },
      failed: (e) => end(1, `failed: ${e.cause}`),
      ended: (e) => end(0, `ended by ${e.originator}`),
    },
  });
});
let session;
agent.on('newRTCSession', (e) => { session = e.session; });
agent.start();
