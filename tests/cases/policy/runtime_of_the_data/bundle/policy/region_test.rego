package region

test_replaced if deny == {"in eu"} with opa.runtime as {"env": {"REGION": "eu"}}

test_elsewhere if count(deny) == 0 with opa.runtime as {"env": {"REGION": "us"}}
