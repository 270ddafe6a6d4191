// Routing scripts after the preprocessor. Wider than the language in places where a wrong script deserves a better
// finding than "unexpected token": compiler/syntax/build_*.cpp reports those.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
parser grammar CfgParser;
options { tokenVocab = CfgLexer; }

config: item* EOF;

item
  : SEMI
  | routeBlock
  | moduleStatement
  | flagDeclaration
  | socketParameter
  | socketBlock
  | customParameter
  | globalParameter
  ;

// ---- parameters

globalParameter: parameterName ASSIGN parameterValue;
parameterName: ID | PARAMETER | COMMAND;
parameterValue
  : MINUS? NUMBER
  | BOOLEAN
  | ADDRESS_FAMILY
  | string
  | PROTOCOL
  | TLS_METHOD_NAME
  | address
  ;

customParameter: group=customName (LBRACK NUMBER RBRACK)? DOT name=customName ASSIGN customValue (DESCRIPTION string)?;
customName: ID | DEFAULT | NAME | DESCRIPTION | PARAMETER;
customValue: MINUS? NUMBER | BOOLEAN | string;

flagDeclaration: (FLAGS | AVPFLAGS) flag (COMMA flag)*;
flag: (ID | string) (COLON NUMBER)?;

socketParameter: (LISTEN | ALIAS) ASSIGN socketSpec+;
socketSpec: endpoint (ADVERTISE advertised=endpoint)? (NAME string)? VIRTUAL?;
endpoint: ((PROTOCOL | STAR) COLON)? hosts (COLON port)?;
hosts: LPAREN host (COMMA host)* RPAREN | host;
host: string | address | STAR;
port: NUMBER (MINUS NUMBER)? | STAR;

socketBlock: ID ASSIGN LBRACE socketEntry* RBRACE;
socketEntry: socketKey ASSIGN (NUMBER | BOOLEAN | string | endpoint)? SEMI | SEMI;
socketKey: ID | ADVERTISE | NAME | VIRTUAL | PARAMETER;

address: IPV6 | LBRACK IPV6 RBRACK | (ID | NUM_ID | NUMBER) ((DOT | MINUS) hostWord)*;
hostWord: ID | NUM_ID | NUMBER | PARAMETER | COMMAND | PROTOCOL | NAME | VIRTUAL | DEFAULT | BOOLEAN | URI | METHOD | STATUS | ALIAS
        | ADVERTISE | DESCRIPTION | LISTEN | ROUTE | PROTO | AF | MYSELF | EXIT | DROP | MOD;

// ---- modules

moduleStatement
  : (LOADMODULE | LOADMODULEX) string
  | (LOADPATH | CFGENGINE) ASSIGN? string
  | (MODPARAM | MODPARAMX) LPAREN module=string COMMA name=string COMMA modparamValue RPAREN
  ;
modparamValue: string | MINUS? NUMBER | BOOLEAN | ADDRESS_FAMILY | VARIABLE;

// ---- routes and statements

routeBlock: routeHead block;
routeHead
  : REQUEST_ROUTE
  | ROUTE (LBRACK routeName RBRACK)?
  | REPLY_ROUTE (LBRACK routeName RBRACK)?
  | FAILURE_ROUTE (LBRACK routeName RBRACK)?
  | BRANCH_ROUTE (LBRACK routeName RBRACK)?
  | ONSEND_ROUTE (LBRACK routeName RBRACK)?
  | EVENT_ROUTE LBRACK (EVENT_NAME | DOUBLE_QUOTED) RBRACK
  ;
routeName: NUMBER | BOOLEAN | ADDRESS_FAMILY | ID | string;

block: LBRACE blockItem* RBRACE;
blockItem: action | block;
statement: action | block;

action
  : SEMI
  | assignment SEMI
  | ifStatement
  | whileStatement
  | switchStatement
  | jump SEMI
  | command SEMI
  ;

assignment: VARIABLE ASSIGN expression;
ifStatement: IF expression statement (ELSE statement)?;
whileStatement: WHILE expression statement;
switchStatement: SWITCH expression LBRACE switchCase* RBRACE;
switchCase
  : CASE SLASH? expression COLON blockItem*
  | DEFAULT COLON blockItem*
  ;
jump: (RETURN | EXIT | DROP) (LPAREN RPAREN | expression)? | BREAK;
command: coreCall | routeCall | functionCall;

// A comma before the first argument counts for nothing.
functionCall: ID LPAREN (COMMA? expression (COMMA expression)*)? RPAREN;
routeCall: ROUTE LPAREN (ID | expression) RPAREN;
coreCall: COMMAND (LPAREN (coreArgument (COMMA coreArgument)*)? RPAREN)?;
coreArgument
  : MINUS NUMBER
  | BOOLEAN
  | VARIABLE
  | URI_HOST
  | URI_PORT
  | PROTOCOL (COLON host (COLON NUMBER)?)?
  | host (COLON NUMBER)?
  ;

// ---- expressions: tightest first. Bit operators bind looser than comparisons.

expression
  : (INT_CAST | STR_CAST) expression                                                # prefix
  | DEFINED expression                                                              # prefix
  | (NOT | BIT_NOT | MINUS) expression                                              # prefix
  | expression op=(STAR | SLASH | MOD) expression                             # binary
  | expression op=(PLUS | MINUS) expression                                   # binary
  | expression op=(LT | GT | LE | GE) expression                              # binary
  | coreWord comparison expression                                                  # coreCondition
  | expression op=(EQ | NE | MATCH | STR_EQ | STR_NE | INT_EQ | INT_NE) expression # binary
  | expression op=SHR expression                                              # binary
  | expression op=SHL expression                                              # binary
  | expression op=BIT_XOR expression                                          # binary
  | expression op=BIT_AND expression                                          # binary
  | expression op=BIT_OR expression                                           # binary
  | expression op=AND expression                                              # binary
  | expression op=OR expression                                               # binary
  | coreWord comparison coreOperand                                                 # coreCondition
  | MYSELF comparison coreWord                                                      # myselfCondition
  | (STRLEN | STREMPTY) LPAREN expression RPAREN                                    # measure
  | SELVAL LPAREN expression COMMA expression COMMA expression RPAREN               # selection
  | LPAREN expression (ASSIGN expression)? RPAREN                                   # grouped
  | block                                                                           # actions
  | command                                                                         # called
  | (NUMBER | BOOLEAN | ADDRESS_FAMILY)                                             # number
  | string                                                                          # text
  | VARIABLE                                                                        # variable
  | SELECT                                                                          # select
  ;

coreWord
  : METHOD | URI | STATUS | FROM_URI | TO_URI | SRC_IP | DST_IP | SND_IP | TO_IP | SRC_PORT | DST_PORT | SND_PORT | TO_PORT
  | AF | SND_AF | MSG_LEN | PROTO | SND_PROTO
  ;
comparison: EQ | NE | MATCH | STR_EQ | STR_NE | LT | GT | LE | GE;
coreOperand: MYSELF | PROTOCOL | STAR | network;
network: networkHost (SLASH (NUMBER | ipv4 | IPV6 | LBRACK IPV6 RBRACK))?;
networkHost: ipv4 | IPV6 | LBRACK IPV6 RBRACK | (ID | NUM_ID) ((DOT | MINUS) hostWord)*;
ipv4: NUMBER DOT NUMBER DOT NUMBER DOT NUMBER;

string: DOUBLE_QUOTED+ | SINGLE_QUOTED;
