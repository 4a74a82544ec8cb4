{ iscdesk from Free Pascal and Delphi:  activate iscdesk.json [CODE]
  Free Pascal: fpc -Fl<folder of the library> activate.pas. Delphi: a console program, iscdesk.dll beside it. }
program activate;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$IFDEF MSWINDOWS}{$APPTYPE CONSOLE}{$ENDIF}

uses SysUtils;

const
  ISCDESK = {$IFDEF MSWINDOWS}'iscdesk.dll'{$ELSE}'iscdesk'{$ENDIF};
  ISC_OPT_OFFLINE_DAYS = 40;
  ISC_OPT_DELIVERY = 50;
  ISC_TIMEOUT_DEFAULT = 5000;

type
  TIscOptions = type Pointer;
  TIscClient = type Pointer;
  TIscStatus = Integer;
  TIscEventCallback = procedure(Event: Integer; Message: PAnsiChar; UserData: Pointer); cdecl;
  TIscFreeCallback = procedure(UserData: Pointer); cdecl;

  { isc_license_info, 256 bytes: every member lies where C puts it without any packing. }
  TIscLicenseInfo = record
    StructSize: Cardinal;
    Status, Licensed, Source: Integer;
    ExpiresAt, CheckedAt, OfflineUntil, ActivatedAt, Amount: Int64;
    License: array[0..64] of AnsiChar;
    ProductId: array[0..128] of AnsiChar;
    Reserved: array[0..5] of AnsiChar;
  end;

function isc_options_load(Path: PAnsiChar; out Options: TIscOptions): TIscStatus; cdecl; external ISCDESK;
function isc_options_set_string(Options: TIscOptions; Key: Integer; Value: PAnsiChar): TIscStatus; cdecl; external ISCDESK;
function isc_options_set_int(Options: TIscOptions; Key: Integer; Value: Int64): TIscStatus; cdecl; external ISCDESK;
procedure isc_options_free(Options: TIscOptions); cdecl; external ISCDESK;
function isc_init(Options: TIscOptions; out Client: TIscClient): TIscStatus; cdecl; external ISCDESK;
function isc_register_event_callback(Client: TIscClient; Callback: TIscEventCallback; UserData: Pointer;
  UserDataFree: TIscFreeCallback): TIscStatus; cdecl; external ISCDESK;
function isc_poll_events(Client: TIscClient; TimeoutMs: Cardinal; Delivered: PCardinal): TIscStatus; cdecl; external ISCDESK;
function isc_activate(Client: TIscClient; License: PAnsiChar): TIscStatus; cdecl; external ISCDESK;
function isc_is_licensed(Client: TIscClient; License: PAnsiChar): Integer; cdecl; external ISCDESK;
function isc_get_license_info(Client: TIscClient; License: PAnsiChar; var Info: TIscLicenseInfo): TIscStatus; cdecl;
  external ISCDESK;
function isc_last_error_message(Buffer: PAnsiChar; Capacity: NativeUInt; Length: Pointer): TIscStatus; cdecl; external ISCDESK;
function isc_shutdown(Client: TIscClient; TimeoutMs: Cardinal): TIscStatus; cdecl; external ISCDESK;
procedure isc_release(Client: TIscClient); cdecl; external ISCDESK;

function LastError: string;
var
  Buffer: array[0..511] of AnsiChar;
begin
  isc_last_error_message(Buffer, SizeOf(Buffer), nil); { cut at a character where it is longer }
  Result := string(UTF8String(PAnsiChar(@Buffer)));
end;

{ Runs inside isc_poll_events, so on the program's own thread; no exception may leave it. A form calls isc_poll_events from
  a message that isc_set_wakeup posts. }
procedure OnEvent(Event: Integer; Message: PAnsiChar; UserData: Pointer); cdecl;
begin
  WriteLn('event ', Event, ': ', string(UTF8String(Message)));
end;

{ UTF8String converts what Delphi holds in UTF-16. An argument that is not there is empty. }
function Start(const Config: UTF8String; out Client: TIscClient): Boolean;
var
  Options: TIscOptions;
begin
  Client := nil;
  Result := (isc_options_load(PAnsiChar(Config), Options) >= 0)
    and (isc_options_set_int(Options, ISC_OPT_OFFLINE_DAYS, 10) >= 0)
    and (isc_options_set_string(Options, ISC_OPT_DELIVERY, 'poll') >= 0)
    and (isc_init(Options, Client) >= 0)
    and (isc_register_event_callback(Client, OnEvent, nil, nil) >= 0);
  if not Result then WriteLn(ErrOutput, 'cannot start: ', LastError);
  isc_options_free(Options);
end;

procedure ActivateCode(Client: TIscClient; const Code: UTF8String);
begin
  if isc_activate(Client, PAnsiChar(Code)) < 0 then { waits for the marketplace }
    WriteLn(ErrOutput, LastError)
  else
    isc_poll_events(Client, 5000, nil);
end;

procedure Show(Client: TIscClient);
var
  Info: TIscLicenseInfo;
begin
  Info.StructSize := SizeOf(Info);
  if isc_get_license_info(Client, nil, Info) >= 0 then
    WriteLn(PAnsiChar(@Info.License), ': verdict ', Info.Status, ', licensed ', Info.Licensed, ', source ', Info.Source,
      ', amount ', Info.Amount, ', product ', PAnsiChar(@Info.ProductId), ', expires ', Info.ExpiresAt,
      ', offline until ', Info.OfflineUntil);
end;

var
  Client: TIscClient;
begin
  ExitCode := 2;
  if Start(UTF8String(ParamStr(1)), Client) then
  begin
    if isc_is_licensed(Client, nil) = 0 then ActivateCode(Client, UTF8String(ParamStr(2)));
    Show(Client);
    ExitCode := Ord(isc_is_licensed(Client, nil) = 0);
    isc_shutdown(Client, ISC_TIMEOUT_DEFAULT);
  end;
  isc_release(Client);
end.
