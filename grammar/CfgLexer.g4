// The words of a routing script. One text is tokenised at a time; directives, includes and defines are the business of
// compiler/syntax/preprocessor.cpp, which reads these tokens and hands the parser what is left.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
lexer grammar CfgLexer;

tokens { UNTERMINATED }

@lexer::members {
  /// Moves the end of the current token: `length` bytes from its first one.
  void resize_token(size_t length) { _input->seek(tokenStartCharIndex + length); }
  int byte_at(size_t index) { return static_cast<int>(_input->LA(static_cast<ssize_t>(index) - static_cast<ssize_t>(_input->index()) + 1)); }

  static bool name_byte(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  /// After the dollar sign: takes the rest of the variable. The three spellings of the return code come before anything else.
  void take_variable() {
    const size_t start = tokenStartCharIndex;
    auto spells = [&](const char* word) {
      size_t n = 1;
      for (; *word; ++word, ++n)
        if (byte_at(start + n) != *word) return false;
      return true;
    };
    if (spells("retcode")) return resize_token(8);
    if (spells("rc")) return resize_token(3);
    if (spells("?")) return resize_token(2);
    size_t at = start + 1;
    while (name_byte(byte_at(at))) ++at;
    const bool named = at > start + 1;
    if (byte_at(at) != '(') {
      resize_token(at - start);
      if (!named) setType(UNKNOWN);
      return;
    }
    size_t depth = 0;
    // What is not closed was read for nothing. Where that happens all the time, variables may not be long any more.
    const size_t longest = wasted_ > (4u << 20) ? 200 : SIZE_MAX;
    for (size_t i = at;; ++i) {
      const int c = byte_at(i);
      if (c == static_cast<int>(antlr4::Token::EOF) || c < 0 || i - at > longest) {
        wasted_ += i - at;
        break;
      }
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) return resize_token(i + 1 - start);
    }
    setType(UNTERMINATED);
    resize_token(at + 1 - start);
  }

  size_t wasted_ = 0;  // bytes read behind variables that are never closed

  /// After '/*': comments nest.
  void take_comment() {
    size_t depth = 1;
    size_t i = tokenStartCharIndex + 2;
    for (;; ++i) {
      const int c = byte_at(i);
      if (c < 0) {
        setType(OPEN_COMMENT);
        return resize_token(i - tokenStartCharIndex);
      }
      if (c == '/' && byte_at(i + 1) == '*') {
        ++depth;
        ++i;
      } else if (c == '*' && byte_at(i + 1) == '/') {
        ++i;
        if (--depth == 0) return resize_token(i + 1 - tokenStartCharIndex);
      }
    }
  }
}

WHITESPACE: [ \t\b\r\n]+ -> skip;
CONTINUATION: '\\' '\r'? '\n' -> skip;
COMMENT: ('#' (~[!\n] ~[\n]* | '!' (~[A-Za-z_\n] ~[\n]*)?)? | '//' ~[\n]*);
BLOCK_COMMENT: '/*' { take_comment(); };
OPEN_COMMENT: '\u0000' '\u0000' '\u0001';  // only by take_comment(): never closed

// `#!word` and `!!word`: the preprocessor reads the rest of the line itself.
DIRECTIVE: ('#!' | '!!') [A-Za-z_] [A-Za-z0-9_]*;
INCLUDE: 'include_file' | 'import_file';

// ---- literals

NUMBER: '0' | [1-9] [0-9]* | '0x' [0-9a-fA-F]+ | '0' [0-7]+ | [01]+ 'b';
BOOLEAN: 'yes' | 'true' | 'on' | 'enable' | 'no' | 'false' | 'off' | 'disable';
ADDRESS_FAMILY: 'inet' | 'INET' | 'ipv4' | 'IPv4' | 'IPV4' | 'inet6' | 'INET6' | 'ipv6' | 'IPv6' | 'IPV6';
DOUBLE_QUOTED: '"' ('\\' . | ~["\\])* '"';
SINGLE_QUOTED: '\'' ~[']* '\'';
OPEN_STRING: ('"' ('\\' . | ~["\\])* | '\'' ~[']*) -> type(UNTERMINATED);
VARIABLE: '$' { take_variable(); };
SELECT: '@' [A-Za-z_] [A-Za-z0-9_]* ('.' [A-Za-z_] [A-Za-z0-9_]* | '[' ('-'? [0-9]+ | '"' ~["\n]* '"') ']')*;
fragment HEXTET: [0-9a-fA-F] [0-9a-fA-F]? [0-9a-fA-F]? [0-9a-fA-F]?;
IPV6
  : (HEXTET (':' HEXTET)*)? '::' (HEXTET ':')* (HEXTET | DOTTED)?
  | HEXTET ':' HEXTET ':' HEXTET ':' HEXTET ':' HEXTET ':' HEXTET ':' (HEXTET ':' HEXTET | DOTTED)
  ;
fragment DOTTED: [0-9]+ '.' [0-9]+ '.' [0-9]+ '.' [0-9]+;

// ---- punctuation and operators

INT_CAST: '(int)';
STR_CAST: '(str)';
LPAREN: '(';
RPAREN: ')';
LBRACE: '{';
RBRACE: '}';
LBRACK: '[';
RBRACK: ']';
COMMA: ',';
SEMI: ';';
COLON: ':';
DOT: '.';
ASSIGN: '=';
EQ: '==';
NE: '!=';
MATCH: '=~';
LE: '<=';
GE: '>=';
LT: '<';
GT: '>';
AND: '&&' | 'and';
OR: '||' | 'or';
NOT: '!' | 'not';
BIT_AND: '&';
BIT_OR: '|';
BIT_XOR: '^';
BIT_NOT: '~';
SHL: '<<';
SHR: '>>';
PLUS: '+';
MINUS: '-';
STAR: '*';
SLASH: '/';
MOD: 'mod';
STR_EQ: 'eq';
STR_NE: 'ne';
INT_EQ: 'ieq';
INT_NE: 'ine';

// ---- words of statements and expressions

DEFINED: 'defined';
STRLEN: 'strlen';
STREMPTY: 'strempty';
SELVAL: 'selval';
IF: 'if';
ELSE: 'else';
WHILE: 'while';
SWITCH: 'switch';
CASE: 'case';
DEFAULT: 'default';
RETURN: 'return';
EXIT: 'exit';
DROP: 'drop';
BREAK: 'break';

METHOD: 'method';
URI: 'uri';
STATUS: 'status';
FROM_URI: 'from_uri';
TO_URI: 'to_uri';
SRC_IP: 'src_ip';
DST_IP: 'dst_ip';
SND_IP: 'snd_ip';
TO_IP: 'to_ip';
SRC_PORT: 'src_port';
DST_PORT: 'dst_port';
SND_PORT: 'snd_port';
TO_PORT: 'to_port';
AF: 'af';
SND_AF: 'snd_af' | 'to_af';
MSG_LEN: 'msg:len';
PROTO: 'proto';
SND_PROTO: 'snd_proto' | 'to_proto';
MYSELF: 'myself';
MAX_LEN: 'max_len';
URI_HOST: 'uri:host';
URI_PORT: 'uri:port';
PROTOCOL: 'udp' | 'UDP' | 'tcp' | 'TCP' | 'tls' | 'TLS' | 'sctp' | 'SCTP' | 'ws' | 'WS' | 'wss' | 'WSS';

// ---- words of the top level

ROUTE: 'route';
REQUEST_ROUTE: 'request_route';
REPLY_ROUTE: 'reply_route' | 'onreply_route';
FAILURE_ROUTE: 'failure_route';
BRANCH_ROUTE: 'branch_route';
ONSEND_ROUTE: 'onsend_route';
EVENT_ROUTE: 'event_route' -> pushMode(EVENT);
LOADMODULE: 'loadmodule';
LOADMODULEX: 'loadmodulex';
LOADPATH: 'loadpath' | 'mpath';
MODPARAM: 'modparam';
MODPARAMX: 'modparamx';
CFGENGINE: 'cfgengine';
FLAGS: 'flags' | 'bool';
AVPFLAGS: 'avpflags';
LISTEN: 'listen';
ALIAS: 'alias';
ADVERTISE: 'advertise' | 'ADVERTISE';
NAME: 'name' | 'NAME';
VIRTUAL: 'virtual';
DESCRIPTION: 'desc' | 'descr' | 'description';
TLS_METHOD_NAME: 'SSLv2' | 'SSLv23' | 'SSLv3' | 'TLSv1';

// Core commands: they take literals only. Some name a global parameter, too.
COMMAND
  : 'add_local_rport' | 'add_rport' | 'add_tcp_alias' | 'cfg_reset' | 'cfg_select' | 'clear_branches' | 'error'
  | 'exec' | 'force_rport' | 'force_send_socket' | 'force_tcp_alias' | 'forward' | 'forward_sctp' | 'forward_tcp'
  | 'forward_tls' | 'forward_udp' | 'isavpflagset' | 'isflagset' | 'log' | 'prefix' | 'remove_branch'
  | 'resetavpflag' | 'resetflag' | 'revert_uri' | 'rewritehost' | 'rewritehostport' | 'rewritehostporttrans'
  | 'rewriteport' | 'rewriteuri' | 'rewriteuser' | 'rewriteuserpass' | 'set_advertised_address'
  | 'set_advertised_port' | 'set_forward_close' | 'set_forward_no_connect' | 'set_reply_close'
  | 'set_reply_no_connect' | 'setavpflag' | 'setflag' | 'seth' | 'sethost' | 'sethostport' | 'sethostporttrans'
  | 'sethp' | 'sethpt' | 'setp' | 'setport' | 'setu' | 'setup' | 'seturi' | 'setuser' | 'setuserpass' | 'strip'
  | 'strip_tail' | 'udp_mtu_try_proto' | 'userphone'
  ;

// Global parameters (5.6): keywords, so neither route names nor defines. Any other word may name one as well.
PARAMETER
  : 'advertised_address' | 'advertised_port' | 'async_nonblock' | 'async_usleep' | 'async_workers'
  | 'async_workers_group' | 'auto_aliases' | 'auto_bind_ipv6' | 'bind_ipv6_link_local' | 'check_via' | 'children'
  | 'chroot' | 'core_log' | 'corelog' | 'debug' | 'disable_core_dump' | 'disable_sctp' | 'disable_tcp'
  | 'disable_tls' | 'dns' | 'dns_cache_del_nonexp' | 'dns_cache_delete_nonexpired' | 'dns_cache_flags'
  | 'dns_cache_gc_interval' | 'dns_cache_init' | 'dns_cache_max_ttl' | 'dns_cache_mem' | 'dns_cache_min_ttl'
  | 'dns_cache_negative_ttl' | 'dns_cache_rec_pref' | 'dns_naptr_ignore_rfc' | 'dns_retr_no' | 'dns_retr_time'
  | 'dns_sctp_pref' | 'dns_search_full_match' | 'dns_servers_no' | 'dns_slow_query_ms' | 'dns_srv_lb'
  | 'dns_srv_loadbalancing' | 'dns_tcp_pref' | 'dns_tls_pref' | 'dns_try_ipv6' | 'dns_try_naptr' | 'dns_udp_pref'
  | 'dns_use_search_list' | 'dst_blocklist_expire' | 'dst_blocklist_gc_interval' | 'dst_blocklist_init'
  | 'dst_blocklist_mem' | 'dst_blocklist_udp_imask' | 'enable_sctp' | 'enable_tls' | 'exit_timeout' | 'fork'
  | 'fork_delay' | 'gid' | 'group' | 'hdr_name_extra_chars' | 'http_reply_hack' | 'http_reply_parse' | 'ip_free_bind'
  | 'ip_nonlocal_bind' | 'ipfreebind' | 'ipv6_hex_style' | 'latency_cfg_log' | 'latency_limit_action'
  | 'latency_limit_cfg' | 'latency_limit_db' | 'latency_log' | 'local_rport' | 'log_color' | 'log_engine_data'
  | 'log_engine_type' | 'log_facility' | 'log_name' | 'log_prefix' | 'log_prefix_mode' | 'log_stderror'
  | 'max_branches' | 'max_recursive_level' | 'max_while_loops' | 'maxbuffer' | 'mcast' | 'mcast_loopback'
  | 'mcast_ttl' | 'mem_dbg' | 'mem_join' | 'mem_log' | 'mem_safety' | 'mem_status_mode' | 'mem_summary' | 'memdbg'
  | 'memlog' | 'mhomed' | 'mlock_pages' | 'modinit_delay' | 'msg_time' | 'onsend_route_reply' | 'open_files_limit'
  | 'phone2tel' | 'pmtu_discovery' | 'port' | 'pv_buffer_size' | 'pv_buffer_slots' | 'pv_cache_action'
  | 'pv_cache_limit' | 'real_time' | 'received_route_mode' | 'reply_to_via' | 'rev_dns' | 'route_locks_size'
  | 'rt_fast_timer_prio' | 'rt_ftimer_policy' | 'rt_ftimer_prio' | 'rt_policy' | 'rt_prio' | 'rt_stimer_policy'
  | 'rt_stimer_prio' | 'rt_timer1_policy' | 'rt_timer1_prio' | 'rt_timer2_policy' | 'rt_timer2_prio' | 'run_dir'
  | 'rundir' | 'sctp_children' | 'ser_kill_timeout' | 'server_header' | 'server_id' | 'server_signature' | 'shm'
  | 'shm_force_alloc' | 'shm_mem' | 'shm_mem_size' | 'sip_parser_log' | 'sip_parser_log_oneline' | 'sip_parser_mode'
  | 'sip_warning' | 'socket_workers' | 'sql_buffer_size' | 'statistics' | 'stats_name_separator'
  | 'tcp_accept_aliases' | 'tcp_accept_haproxy' | 'tcp_accept_hep3' | 'tcp_accept_no_cl' | 'tcp_accept_unique'
  | 'tcp_async' | 'tcp_buf_write' | 'tcp_children' | 'tcp_clone_rcvbuf' | 'tcp_conn_wq_max' | 'tcp_connect_timeout'
  | 'tcp_connection_lifetime' | 'tcp_connection_match' | 'tcp_crlf_ping' | 'tcp_defer_accept' | 'tcp_delayed_ack'
  | 'tcp_fd_cache' | 'tcp_keepalive' | 'tcp_keepcnt' | 'tcp_keepidle' | 'tcp_keepintvl' | 'tcp_linger2'
  | 'tcp_max_connections' | 'tcp_no_connect' | 'tcp_poll_method' | 'tcp_rd_buf_size' | 'tcp_reuse_port'
  | 'tcp_script_mode' | 'tcp_send_timeout' | 'tcp_source_ipv4' | 'tcp_source_ipv6' | 'tcp_syncnt' | 'tcp_wait_data'
  | 'tcp_wq_blk_size' | 'tcp_wq_max' | 'tls_ca_list' | 'tls_certificate' | 'tls_enable' | 'tls_handshake_timeout'
  | 'tls_log' | 'tls_max_connections' | 'tls_method' | 'tls_port_no' | 'tls_private_key' | 'tls_require_certificate'
  | 'tls_send_timeout' | 'tls_verify' | 'tos' | 'udp4_raw' | 'udp4_raw_mtu' | 'udp4_raw_ttl' | 'udp_mtu' | 'uid'
  | 'uri_host_extra_chars' | 'use_dns_cache' | 'use_dns_failover' | 'use_dst_blocklist' | 'user'
  | 'user_agent_header' | 'verbose_startup' | 'version_table' | 'wait_worker1_mode' | 'wait_worker1_time'
  | 'wait_worker1_usleep' | 'wdir' | 'workdir' | 'xavp_via_fields' | 'xavp_via_params'
  ;

ID: [A-Za-z_] [A-Za-z0-9_]*;
NUM_ID: [0-9] [A-Za-z0-9_]*;
// No word begins with these: the preprocessor tells them and goes on, as Kamailio does.
STRAY: [\u0001-\u0007\u000b\u000c\u000e-\u001f\u007f-\u00ff`?\\]+;
UNKNOWN: .;

// `event_route[` to `]`: names of events are no words, and no define is looked up in them.
mode EVENT;
EVENT_SPACE: [ \t\b\r\n]+ -> skip;
EVENT_OPEN: '[' -> type(LBRACK);
EVENT_NAME: [A-Za-z0-9_-]+ (':' [A-Za-z0-9_-]+)*;
EVENT_QUOTED: '"' ~["\n]* '"' -> type(DOUBLE_QUOTED);
EVENT_CLOSE: ']' -> type(RBRACK), popMode;
EVENT_BRACE: '{' -> type(LBRACE), popMode;
EVENT_UNKNOWN: . -> type(UNKNOWN), popMode;
