# refused
package hostile

x := «99999×`»
