// A registry with the referrers API of OCI 1.1, page by page, for trials by hand. README.md says how.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:5078", "address")
	page := flag.Int("page", 2, "referrers on a page")
	flag.Parse()
	log.Fatal(http.ListenAndServe(*listen, paged(registry.New(registry.WithReferrersSupport(true)), *page)))
}

// paged cuts lists of referrers into pages and leaves everything else alone.
func paged(inner http.Handler, size int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/referrers/") {
			inner.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		inner.ServeHTTP(whole, r)
		var index map[string]any
		if whole.Code != http.StatusOK || json.Unmarshal(whole.Body.Bytes(), &index) != nil {
			w.WriteHeader(whole.Code)
			w.Write(whole.Body.Bytes())
			return
		}
		all, _ := index["manifests"].([]any)
		// The registry lists them in another order each time; pages need one.
		slices.SortFunc(all, func(a, b any) int { return strings.Compare(digest(a), digest(b)) })
		from, _ := strconv.Atoi(r.URL.Query().Get("from"))
		from = min(max(from, 0), len(all))
		until := min(from+size, len(all))
		index["manifests"] = all[from:until]
		if until < len(all) {
			w.Header().Set("Link", fmt.Sprintf("<%s?from=%d>; rel=\"next\"", r.URL.Path, until))
		}
		w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		json.NewEncoder(w).Encode(index)
	})
}

func digest(descriptor any) string {
	fields, _ := descriptor.(map[string]any)
	text, _ := fields["digest"].(string)
	return text
}
