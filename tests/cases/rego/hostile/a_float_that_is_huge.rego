# answered
package hostile

deny contains sprintf("%.1000f %e %g %d", [1e308, 1e308, 1e308, 1e308])
