; Holds an installer under test after the step N for which the folder ISC_GATE holds a file "stop-at-N": says so by a file
; "stopped", and goes on when the first one is gone. The test kills it there.
!macro AfterStep percent
  ReadEnvStr $R0 ISC_GATE
  ${If} ${FileExists} "$R0\stop-at-${percent}"
    FileOpen $R1 "$R0\stopped" w
    FileClose $R1
    ${Do}
      Sleep 20
    ${LoopWhile} ${FileExists} "$R0\stop-at-${percent}"
  ${EndIf}
!macroend
