//! The harness itself: the channel, the reply, the runner's own code, and values that lie about
//! themselves. The code owns its process; what comes out of it is bounded and belongs to its call.

use crate::{
    common::RUNTIME,
    sandboxes::STRICT,
    table::{
        Want::{Fails, Shows, TimesOut},
        attacks, run, staged, usable,
    },
};
use polymath_sandbox::{
    Kind::{Crash, Exception},
    RunRequest,
};

/// Writes a forged reply, as `reply`, with the call's true number, which the code finds in the runner's frames.
macro_rules! forged {
    ($then:literal) => {
        concat!(
            "import json\nframe = sys._getframe()\nwhile 'request' not in frame.f_locals: frame = frame.f_back\n",
            "number = frame.f_locals['request']['id']\n",
            "reply = json.dumps({'id': number, 'value': 'forged', 'error': None}).encode()\n",
            "reply = struct.pack('<I', len(reply)) + reply\n",
            $then
        )
    };
}

attacks! {
    forges_a_reply: "os.write(3, b'\\2\\0\\0\\0{}')" => Fails(Crash, "");
    forges_a_reply_with_a_guessed_number: "reply = b'{\"id\": 1, \"value\": \"forged\", \"error\": null}'\n\
        os.write(3, struct.pack('<I', len(reply)) + reply); os.read(3, 4); os.write(3, bytes(4)); time.sleep(9)" => Fails(Crash, "answered another call");
    forges_a_reply_that_is_no_json: "os.write(3, b'\\5\\0\\0\\0\\xff\\xfe\\0\\0{')" => Fails(Crash, "");
    forges_a_reply_of_no_length: "os.write(3, bytes(4))" => Fails(Crash, "");
    forges_a_picture: forged!("reply = json.dumps({'id': number, 'value': None, 'error': None, 'figures': \
        [{'title': '', 'number': 1, 'png': 'PHN2Zz4=', 'svg': None}]}).encode()\nos.write(3, struct.pack('<I', len(reply)) + reply)\nos.read(3, 4); os.write(3, bytes(4)); time.sleep(9)")
        => Fails(Crash, "a figure is no PNG");
    forges_a_table: forged!("reply = json.dumps({'id': number, 'value': None, 'error': None, 'tables': \
        [{'title': '', 'columns': ['a'], 'rows': [[], []]}]}).encode()\nos.write(3, struct.pack('<I', len(reply)) + reply)\nos.read(3, 4); os.write(3, bytes(4)); time.sleep(9)")
        => Fails(Crash, "rows differ in length");
    replies_twice_at_once: forged!("os.write(3, reply + reply)") => Fails(Crash, "more than one frame");
    replies_and_goes_on: forged!("os.write(3, reply)\ntime.sleep(9)") => Fails(Crash, "a reply before its end");
    replies_and_replies_again: forged!("os.write(3, reply)\ntime.sleep(0.1)\nos.write(3, reply)") => Fails(Crash, "more than one reply");
    replies_early: forged!("os.write(3, reply)\ntime.sleep(0.1)") => Fails(Crash, "more than one reply");
    replies_and_ends: forged!("os.write(3, reply)\nos._exit(0)") => Fails(Crash, "exit status 0");
    announces_a_huge_frame: "os.write(3, b'\\xff\\xff\\xff\\xff'); time.sleep(9)" => Fails(Crash, "a frame of 4294967295 bytes");
    writes_half_a_frame: "os.write(3, b'\\xff\\0\\0\\0half')\nos._exit(0)" => Fails(Crash, "exit status 0");
    writes_half_a_frame_and_waits: "os.write(3, b'\\xff\\0\\0\\0half')\ntime.sleep(9)" => TimesOut;
    floods_the_channel: "os.write(3, struct.pack('<I', 60 << 20))\nwhile True: os.write(3, bytes(1 << 20))" => Fails(Crash, "disturbed");
    closes_the_channel: "os.close(3)" => Fails(Crash, "");
    shuts_the_channel_down: "socket.socket(fileno=3).shutdown(socket.SHUT_RDWR)" => Fails(Crash, "");
    reads_what_the_host_sends_next: "os.read(3, 1)" => TimesOut;
    puts_something_else_in_the_channel_s_place: "os.dup2(1, 3)" => Fails(Crash, "");
    breaks_the_reply_s_encoder: "import json\njson.JSONEncoder.encode = None" => Fails(Crash, "unable to go on");
    breaks_the_request_s_decoder: "import json\njson.JSONDecoder.decode = None" => Fails(Crash, "unable to go on");
    changes_what_the_encoder_says: "import json\njson.JSONEncoder.encode = lambda *_: '{}'" => Fails(Crash, "unable to go on");
    sends_a_descriptor: "import array\nsocket.socket(fileno=os.dup(3), family=1, type=1).sendmsg([b'\\2\\0\\0\\0{}'], \
        [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [1, 2]))])" => Fails(Crash, "");

    hangs_when_it_is_shown: "class Value:\n    def __repr__(self):\n        time.sleep(9)\nValue()" => TimesOut;
    raises_when_it_is_shown: "class Value:\n    def __repr__(self):\n        raise KeyError('hidden')\nValue()" => Fails(Exception, "hidden");
    lies_about_its_text: "class Value:\n    def __repr__(self):\n        return 7\nValue()" => Fails(Exception, "TypeError");
    ends_the_interpreter_when_it_is_shown: "class Value:\n    def __repr__(self):\n        os._exit(0)\nValue()" => Fails(Crash, "exit status 0");
    is_a_text_with_methods_of_its_own: "class Text(str):\n    __len__ = lambda self: 10**9\n    __getitem__ = lambda self, key: self\n\
        class Value:\n    def __repr__(self):\n        return Text('text')\nValue()" => Shows("text… (1000000000 characters in all)");
    is_an_exception_that_hangs: "class Error(Exception):\n    def __str__(self):\n        time.sleep(9)\nraise Error" => TimesOut;
    is_an_exception_that_raises: "class Error(Exception):\n    def __str__(self):\n        raise self\nraise Error" => Fails(Exception, "Error");
    is_an_exception_in_a_ring: "error = ValueError('ring')\nerror.__cause__ = error.__context__ = error\nerror.args = (error,)\nraise error"
        => Fails(Exception, "ValueError");
    claims_to_be_a_denial: "error = PermissionError(1, 'Operation not permitted', '/etc/shadow')\nraise error"
        => Fails(polymath_sandbox::Kind::Denied, "'/etc/shadow'");
    is_a_frame_with_methods_of_its_own: "import pandas\nclass Frame(pandas.DataFrame):\n    shape = property(lambda self: (10**9, 10**9))\n    \
        iloc = property(lambda self: 1 / 0)\nFrame({'a': [1]})" => Fails(Exception, "ZeroDivisionError");
    is_a_frame_that_is_another: "import pandas\nclass Frame(pandas.DataFrame):\n    def reset_index(self): os._exit(0)\n\
        Frame({'a': [1]}, index=['x'])" => Fails(Crash, "exit status 0");
    has_a_class_that_lies: "class Value:\n    __class__ = property(lambda self: 1 / 0)\nValue()" => Fails(Exception, "ZeroDivisionError");
    has_a_module_that_is_no_text: "class Value: pass\nValue.__module__ = 7\nValue()" => Fails(Exception, "AttributeError");
    names_a_figure_oddly: "import matplotlib.pyplot as plt\nplt.figure(num='\\x1b[2J' * 500).add_axes((0, 0, 1, 1))\nplt.show()\n'drawn'" => Shows("'drawn'");
}

staged! {
    fn answers_with_a_huge_reply() {
        // It also knows that the host asks whether it is over, and answers that too.
        let code = forged!("reply = json.dumps({'id': number, 'value': 'x' * (63 << 20), 'error': None}).encode()\n\
            reply = struct.pack('<I', len(reply)) + reply\nat = 0\nwhile at < len(reply): at += os.write(3, reply[at:at + (1 << 20)])\n\
            os.read(3, 4); os.write(3, bytes(4))\ntime.sleep(0.1)");
        let output = run(&STRICT, "huge reply", code, None);
        assert!(output.value.unwrap().len() < 66_000);
        usable(&STRICT, "huge reply (other)");
    }

    /// What code that knows the whole protocol can do: speak for its own session, and no other.
    fn answers_the_next_call() {
        let code = forged!("os.write(3, reply)\nos.read(3, 4); os.write(3, bytes(4))\nrequest = os.read(3, 4096)\n\
            reply = json.dumps({'id': json.loads(request[4:])['id'], 'value': 'spoofed', 'error': None}).encode()\n\
            os.write(3, struct.pack('<I', len(reply)) + reply)\nos.read(3, 4); os.write(3, bytes(4))\ntime.sleep(9)");
        assert_eq!(run(&STRICT, "spoof", code, None).value.as_deref(), Some("forged"));
        let two = RunRequest::new("1 + 1");
        let answer = |session| RUNTIME.block_on(STRICT.run(session, two.clone(), &Default::default())).unwrap().value;
        assert_eq!(answer("spoof").as_deref(), Some("spoofed"));
        assert_eq!(answer("another").as_deref(), Some("2"));
        RUNTIME.block_on(STRICT.end("spoof"));
        ["spoof", "another"].iter().for_each(|name| usable(&STRICT, name));
    }
}
