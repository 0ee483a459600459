# refused
package hostile

x := «100000×"»
