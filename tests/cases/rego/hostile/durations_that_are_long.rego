# stopped
package hostile

deny contains "x" if time.parse_duration_ns("«1000×9»h") == 1
