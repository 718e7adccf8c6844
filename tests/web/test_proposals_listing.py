"""The list."""
def test_x(cast, client_of):
    from flask import Flask
    c = client_of(cast.huawei); c.application.config["PROPAGATE_EXCEPTIONS"]=True; c.application.testing=True
    assert c.get("/proposals").status_code == 200
