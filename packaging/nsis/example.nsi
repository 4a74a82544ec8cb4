; A silent installer with a licence: Example CAD, which is one program, the library and its options.
;
;   makensis -DISC_DLL=iscdesk.dll -DISC_PROGRAM=example.exe -DISC_OPTIONS=iscdesk.json example.nsi
;     -DISC_TARGET=amd64-unicode   a 64-bit installer, where this makensis can (Debian's does); else it is a 32-bit one
;     -DISC_SETUP_DLL=…            a DLL of the installer's bitness, where that is not the program's
;     -DISC_OUT=ExampleCAD-1.0.exe the result; not "setup.exe", beside which Windows loads what it should not
;     -DISC_AFTER_STEP=….nsh       a file with a macro AfterStep, run with the percentage after each report
;
;   ExampleCAD-1.0.exe /S [/CODE=PL-…] [/PROGRESS=install.json] [/D=target folder, last, without quotation marks]
;   uninstall.exe /S [/PROGRESS=…]
;
; Progress goes to install.json in the target folder. Interrupted at any moment, both go on when they are run again: each
; step may be done twice. The uninstaller is written first, so that half an installation can be removed as well, and
; deleted last, so that half a removal can be continued.
;
; Exit codes: 0 done; 2 something could not be done, run it again; 3 installed, but not activated.
;
; For one user, without an administrator: the licence of scope "user" lies in the profile of whoever activates, and an
; elevated installer may run in another one's.

!ifdef ISC_TARGET
  Target ${ISC_TARGET}
!else
  Unicode true
!endif
!ifndef ISC_OUT
  !define ISC_OUT ExampleCAD-1.0.exe
!endif
!ifndef ISC_SETUP_DLL
  !define ISC_SETUP_DLL "${ISC_DLL}"
!endif

!include FileFunc.nsh
!include LogicLib.nsh
!include iscdesk.nsh
!insertmacro ISC_FUNCTIONS ""
!insertmacro ISC_FUNCTIONS "un."

!define NAME "Example CAD"
!define VERSION "1.0"
!define REGISTERED "Software\Microsoft\Windows\CurrentVersion\Uninstall\ExampleCAD"

Name "${NAME}"
OutFile "${ISC_OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\${NAME}"
InstallDirRegKey HKCU "${REGISTERED}" "InstallLocation"
; A file in use is noticed and told instead of asked about.
SetOverwrite try
Page directory
Page instfiles
UninstPage instfiles

Var Code
Var Failure ; the first one

!ifdef ISC_AFTER_STEP
  !include "${ISC_AFTER_STEP}"
!else
  !macro AfterStep percent
  !macroend
!endif

!macro Step un percent
  StrCpy $IscPercent ${percent}
  StrCpy $IscError $Failure
  Call ${un}IscReport
  !insertmacro AfterStep ${percent}
!macroend

; What both begin with: the DLL in a folder of the installer's own, and the command line.
!macro Begin un
  InitPluginsDir
  SetOutPath $PLUGINSDIR
  File "/oname=iscdesk.dll" "${ISC_SETUP_DLL}"
  Call ${un}IscLoad
  StrCpy $Failure ""
  ${GetParameters} $R0
  ${GetOptions} $R0 "/CODE=" $Code
  ${GetOptions} $R0 "/PROGRESS=" $IscProgress
  ${If} $IscProgress == ""
    StrCpy $IscProgress "$INSTDIR\install.json"
  ${EndIf}
!macroend

; Tells the reason and ends: what comes later needs what failed.
Function GiveUp
  StrCpy $IscError $Failure
  Call IscReport
  DetailPrint $Failure
  SetErrorLevel 2
  Quit
FunctionEnd

!macro Install name source
  ClearErrors
  File "/oname=${name}" "${source}"
  ${If} ${Errors}
    StrCpy $Failure "$OUTDIR\${name} cannot be written; is the program running?"
    Call GiveUp
  ${EndIf}
!macroend

Section
  !insertmacro Begin ""
  ClearErrors
  SetOutPath $INSTDIR
  ${If} ${Errors}
    StrCpy $Failure "$INSTDIR cannot be made"
    Call GiveUp
  ${EndIf}
  !insertmacro Step "" 0

  ClearErrors
  WriteUninstaller "$INSTDIR\uninstall.exe"
  ${If} ${Errors}
    StrCpy $Failure "$INSTDIR\uninstall.exe cannot be written"
    Call GiveUp
  ${EndIf}
  WriteRegStr HKCU "${REGISTERED}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${REGISTERED}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${REGISTERED}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${REGISTERED}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${REGISTERED}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  !insertmacro Step "" 20

  !insertmacro Install "iscdesk.dll" "${ISC_DLL}"
  !insertmacro Step "" 40
  !insertmacro Install "example.exe" "${ISC_PROGRAM}"
  !insertmacro Step "" 60
  !insertmacro Install "iscdesk.json" "${ISC_OPTIONS}"
  !insertmacro Step "" 80

  ${If} $Code != ""
    StrCpy $IscText "$INSTDIR\iscdesk.json"
    Call IscOpen
    ${If} $IscStatus >= 0
      StrCpy $IscText $Code
      Call IscActivate
    ${EndIf}
    ; All files are there and the code can be entered in the program; who asked for an activation is told why it was none.
    ${If} $IscStatus < 0
      StrCpy $Failure $IscError
      DetailPrint $Failure
      SetErrorLevel 3
      Call IscClose
      !insertmacro Step "" 90
      Return
    ${EndIf}
    Call IscClose
  ${EndIf}
  !insertmacro Step "" 100
SectionEnd

; Keeps the first failure and goes on: what can be removed is removed.
Function un.Note
  DetailPrint $IscError
  ${If} $Failure == ""
    StrCpy $Failure $IscError
  ${EndIf}
FunctionEnd

!macro Remove name
  ClearErrors
  Delete "$INSTDIR\${name}"
  ${If} ${Errors}
    StrCpy $IscError "$INSTDIR\${name} cannot be deleted; is the program running?"
    Call un.Note
  ${EndIf}
!macroend

; Needs the options, which therefore go afterwards, and only if the licence is forgotten.
Function un.Forget
  ${IfNot} ${FileExists} "$INSTDIR\iscdesk.json"
    Return
  ${EndIf}
  StrCpy $IscText "$INSTDIR\iscdesk.json"
  Call un.IscOpen
  ${If} $IscStatus >= 0
    Call un.IscForgetAll
  ${EndIf}
  ${If} $IscStatus < 0
    Call un.Note
  ${EndIf}
  Call un.IscClose
FunctionEnd

Section "Uninstall"
  !insertmacro Begin "un."
  !insertmacro Step "un." 0
  Call un.Forget
  !insertmacro Step "un." 20
  ${If} $Failure == ""
    !insertmacro Remove "iscdesk.json"
  ${EndIf}
  !insertmacro Step "un." 40
  !insertmacro Remove "example.exe"
  !insertmacro Step "un." 60
  !insertmacro Remove "iscdesk.dll"
  !insertmacro Step "un." 80

  ${If} $Failure != ""
    SetErrorLevel 2
    Return
  ${EndIf}
  DeleteRegKey HKCU "${REGISTERED}"
  !insertmacro Step "un." 100
  Delete "$INSTDIR\install.json"
  Delete "$INSTDIR\uninstall.exe"
  Delete "$INSTDIR\uninstall.vbs" ; last: without the other one it removes itself
  SetOutPath $TEMP ; a folder that is somebody's current one cannot go
  RMDir "$INSTDIR" ; only if nothing of the user's lies in it
SectionEnd
