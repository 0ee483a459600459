package g

x := {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"name": "a", "securityContext": {"capabilities": {"add": ["X"]}}}]}}}}
