; The installer of Example CAD for Inno Setup 6.3 or later. A sample: NOT RUN by our tests, since Inno Setup runs on Windows only; the
; NSIS example beside it does the same and is tested.
;
;   ISCC /DIscSetupDll=iscdesk32.dll /DIscDll=iscdesk.dll /DIscProgram=example.exe /DIscHelper=iscdesk.exe ^
;        /DIscOptions=iscdesk.json example.iss
;
; Setup is a 32-bit program and loads a 32-bit DLL, whatever the program is. The codes are handled by the command line
; (iscdesk.exe), which has the program's bitness, tells its outcome by its exit code, and cannot harm Setup.
;
;   ExampleCAD-1.0.exe /VERYSILENT /SUPPRESSMSGBOXES /NORESTART /DIR="…" [/CODE=PL-…] [/PROGRESS="…\install.json"]
;   unins000.exe /VERYSILENT /SUPPRESSMSGBOXES /NORESTART

#define Name "Example CAD"

[Setup]
AppId={#Name}
AppName={#Name}
AppVersion=1.0
DefaultDirName={userpf}\{#Name}
; For one user: a licence of scope "user" lies in the profile of whoever activates.
PrivilegesRequired=lowest
ArchitecturesInstallIn64BitMode=x64compatible
OutputBaseFilename=ExampleCAD-1.0
; A program that runs is told in the progress file; nobody is there to close it.
CloseApplications=no
DirExistsWarning=no

[Files]
; First, so that Setup has it for each report.
Source: "{#IscSetupDll}"; DestName: "iscdesk-setup.dll"; Flags: dontcopy
Source: "{#IscDll}"; DestDir: "{app}"; DestName: "iscdesk.dll"; Flags: ignoreversion
Source: "{#IscHelper}"; DestDir: "{app}"; DestName: "iscdesk.exe"; Flags: ignoreversion
Source: "{#IscProgram}"; DestDir: "{app}"; DestName: "example.exe"; Flags: ignoreversion
Source: "{#IscOptions}"; DestDir: "{app}"; DestName: "iscdesk.json"; Flags: ignoreversion

[UninstallRun]
; Before the files go. What it answers does not stop the removal: Inno Setup goes on after any failure.
Filename: "{app}\iscdesk.exe"; Parameters: "forget --all --config ""{app}\iscdesk.json"""; \
  Flags: runhidden waituntilterminated; RunOnceId: "ForgetLicence"

[UninstallDelete]
Type: files; Name: "{app}\install.json"
Type: files; Name: "{app}\uninstall.vbs"
Type: dirifempty; Name: "{app}"

[Code]
{ isc_status isc_install_report_w(const wchar_t *path, uint32_t percent, const wchar_t *error_message); }
function isc_install_report_w(Path: String; Percent: Cardinal; ErrorMessage: String): Integer;
  external 'isc_install_report_w@files:iscdesk-setup.dll cdecl setuponly delayload';

const
  { Files take the first part of the progress, the activation the rest. }
  FilesDone = 80;

var
  LastPercent: Integer;

{ Nothing depends on the progress file, so nothing ends where it cannot be written. }
procedure Report(Percent: Integer; Reason: String);
begin
  LastPercent := Percent;
  try
    ForceDirectories(ExpandConstant('{app}'));
    isc_install_report_w(ExpandConstant('{param:PROGRESS|{app}\install.json}'), Percent, Reason);
  except
    Log('progress: ' + GetExceptionMessage);
  end;
end;

procedure CurInstallProgressChanged(CurProgress, MaxProgress: Integer);
var
  Percent: Integer;
begin
  if MaxProgress <= 0 then exit;
  Percent := CurProgress * FilesDone div MaxProgress;
  { Only what is new: a disk is slower than this event. }
  if Percent > LastPercent then Report(Percent, '');
end;

{ True where nobody asked for an activation, too. Exit codes: see the README, "Command line". }
function Activated(var Reason: String): Boolean;
var
  Code: String;
  ExitCode: Integer;
begin
  Result := True;
  Code := ExpandConstant('{param:CODE}');
  if Code = '' then exit;
  Result := Exec(ExpandConstant('{app}\iscdesk.exe'), 'activate ' + AddQuotes(Code) + ' --config '
    + AddQuotes(ExpandConstant('{app}\iscdesk.json')), '', SW_HIDE, ewWaitUntilTerminated, ExitCode);
  if not Result then Reason := 'iscdesk.exe cannot be started: ' + SysErrorMessage(ExitCode)
  else if ExitCode <> 0 then Reason := 'not activated, iscdesk.exe ended with ' + IntToStr(ExitCode);
  Result := Result and (ExitCode = 0);
end;

procedure CurStepChanged(CurStep: TSetupStep);
var
  Reason: String;
begin
  if CurStep = ssInstall then Report(0, '');
  if CurStep <> ssPostInstall then exit;
  if Activated(Reason) then Report(100, '')
  else Report(90, Reason);
end;

{ Also called where Setup gave up: the reason of that is in Setup's own log. }
procedure DeinitializeSetup();
begin
  if (LastPercent > 0) and (LastPercent < FilesDone) then Report(LastPercent, 'the installation was broken off');
end;
