; iscdesk.dll from NSIS: progress file, activation, forgetting.
;
;   !include iscdesk.nsh
;   !insertmacro ISC_FUNCTIONS ""       ; in the installer:   Call IscLoad …
;   !insertmacro ISC_FUNCTIONS "un."    ; in the uninstaller: Call un.IscLoad …
;
; The DLL is loaded from $PLUGINSDIR, where the script puts it before: so it is there whatever the target folder lacks, and
; locks no file in it. It has to be of the installer's own bitness, which need not be the program's.
;
; Answers are in $IscStatus: negative is a failure, whose reason is then in $IscError. $R0 to $R3 are overwritten.

!include LogicLib.nsh

Var IscModule   ; 0 = the DLL cannot be loaded
Var IscClient   ; 0 = none
Var IscStatus
Var IscError
Var IscProgress ; path of the progress file
Var IscPercent  ; of the last report
Var IscText     ; what goes into a function

!define ISC_UTF8 65001 ; code page
!define ISC_BESIDE_ITSELF 8 ; LOAD_WITH_ALTERED_SEARCH_PATH
!define ISC_CALL '?c' ; the plain C convention
!define ISC_OPT_AUTO_HEARTBEAT 43
!define ISC_TIMEOUT_DEFAULT 5000

!macro ISC_FUNCTIONS un

; Loads $PLUGINSDIR\iscdesk.dll. By its full path, so that no other file of that name is taken; "iscdesk::…" then means it.
Function ${un}IscLoad
  StrCpy $IscClient 0
  StrCpy $R0 "$PLUGINSDIR\iscdesk.dll"
  System::Call 'kernel32::LoadLibraryExW(w R0, p 0, i ${ISC_BESIDE_ITSELF}) p .R1'
  StrCpy $IscModule $R1
FunctionEnd

; Writes $IscPercent, and $IscError as the reason of a failure, to the file $IscProgress. Nothing else depends on it, so an
; installation goes on where it fails.
Function ${un}IscReport
  ${If} $IscModule P<> 0
    StrCpy $R0 $IscProgress
    StrCpy $R1 $IscPercent
    StrCpy $R2 $IscError
    System::Call 'iscdesk::isc_install_report_w(w R0, i R1, w R2) i .R3 ${ISC_CALL}'
    StrCpy $IscStatus $R3
  ${EndIf}
FunctionEnd

; $IscText -> the address of a copy in UTF-8 in $R0, to be freed by System::Free.
Function ${un}IscUtf8
  StrCpy $R1 $IscText
  System::Call 'kernel32::WideCharToMultiByte(i ${ISC_UTF8}, i 0, w R1, i -1, p 0, i 0, p 0, p 0) i .R2'
  System::Alloc $R2
  Pop $R0
  System::Call 'kernel32::WideCharToMultiByte(i ${ISC_UTF8}, i 0, w R1, i -1, p R0, i R2, p 0, p 0)'
FunctionEnd

; Keeps an answer, and why where it is a failure.
Function ${un}IscAnswer
  ${If} $IscStatus < 0
    System::Alloc ${NSIS_MAX_STRLEN}
    Pop $R0
    System::Call 'iscdesk::isc_last_error_message(p R0, p ${NSIS_MAX_STRLEN}, p 0) i .R1 ${ISC_CALL}'
    System::Call 'kernel32::MultiByteToWideChar(i ${ISC_UTF8}, i 0, p R0, i -1, w .R1, i ${NSIS_MAX_STRLEN})'
    System::Free $R0
    StrCpy $IscError $R1
  ${EndIf}
FunctionEnd

; Opens a client with the options file $IscText. It asks nobody by itself: an installer does only what it is told.
Function ${un}IscOpen
  StrCpy $IscStatus -1
  StrCpy $IscError "iscdesk.dll cannot be loaded"
  ${If} $IscModule P= 0
    Return
  ${EndIf}
  StrCpy $IscError ""
  Call ${un}IscUtf8
  System::Call 'iscdesk::isc_options_load(p R0, *p .R2) i .R1 ${ISC_CALL}'
  System::Free $R0
  ${If} $R1 >= 0
    System::Call 'iscdesk::isc_options_set_int(p R2, i ${ISC_OPT_AUTO_HEARTBEAT}, l 0) i .R1 ${ISC_CALL}'
  ${EndIf}
  ${If} $R1 >= 0
    System::Call 'iscdesk::isc_init(p R2, *p .R3) i .R1 ${ISC_CALL}'
    StrCpy $IscClient $R3
  ${EndIf}
  StrCpy $IscStatus $R1
  Call ${un}IscAnswer
  System::Call 'iscdesk::isc_options_free(p R2) ${ISC_CALL}'
FunctionEnd

!if "${un}" == ""
; Activates the code $IscText: waits for the marketplace, at most the option call_timeout_ms.
Function ${un}IscActivate
  Call ${un}IscUtf8
  StrCpy $R1 $IscClient
  System::Call 'iscdesk::isc_activate(p R1, p R0) i .R2 ${ISC_CALL}'
  System::Free $R0
  StrCpy $IscStatus $R2
  Call ${un}IscAnswer
FunctionEnd
!else
; Forgets every code on this computer. The marketplace is not told.
Function ${un}IscForgetAll
  StrCpy $R1 $IscClient
  System::Call 'iscdesk::isc_forget(p R1, p 0) i .R2 ${ISC_CALL}'
  StrCpy $IscStatus $R2
  Call ${un}IscAnswer
FunctionEnd
!endif

; Closes the client, if there is one. What was answered before stays.
Function ${un}IscClose
  ${If} $IscClient P= 0
    Return
  ${EndIf}
  StrCpy $R1 $IscClient
  System::Call 'iscdesk::isc_shutdown(p R1, i ${ISC_TIMEOUT_DEFAULT}) i .R2 ${ISC_CALL}'
  System::Call 'iscdesk::isc_release(p R1) ${ISC_CALL}'
  StrCpy $IscClient 0
FunctionEnd

!macroend
