//! The harness itself: the channel, the reply, the runner's own code, and values that lie about
//! themselves. The code owns its process; what comes out of it is bounded and belongs to its call.

use crate::{
    common::RUNTIME,
    sandboxes::STRICT,
    table::{
        Want::{Fails, Shows, TimesOut},
        attacks, request, run, staged, usable,
    },
};
use polymath_sandbox::Kind::{Crash, Exception};

attacks! {
    forges_a_reply: "os.write(3, b'\\2\\0\\0\\0{}')" => Fails(Crash, "");
    forges_a_reply_with_a_guessed_number: "os.write(3, reply(1, value='forged')); say_it_is_over(); time.sleep(9)"
        => Fails(Crash, "answered another call");
    forges_a_reply_that_is_no_json: "os.write(3, b'\\5\\0\\0\\0\\xff\\xfe\\0\\0{')" => Fails(Crash, "");
    forges_a_reply_of_no_length: "os.write(3, bytes(4))" => Fails(Crash, "");
    forges_a_picture: "
        picture = {'title': '', 'number': 1, 'png': 'PHN2Zz4=', 'svg': None}
        os.write(3, reply(number(), figures=[picture])); say_it_is_over(); time.sleep(9)"
        => Fails(Crash, "a figure is no PNG");
    forges_a_table: "
        table = {'title': '', 'columns': ['a'], 'rows': [[], []]}
        os.write(3, reply(number(), tables=[table])); say_it_is_over(); time.sleep(9)"
        => Fails(Crash, "rows differ in length");
    replies_twice_at_once: "os.write(3, reply(number()) * 2)" => Fails(Crash, "more than one frame");
    replies_and_goes_on: "os.write(3, reply(number())); time.sleep(9)" => Fails(Crash, "a reply before its end");
    replies_and_replies_again: "os.write(3, reply(number())); time.sleep(0.1); os.write(3, reply(number()))"
        => Fails(Crash, "more than one reply");
    replies_early: "os.write(3, reply(number())); time.sleep(0.1)" => Fails(Crash, "more than one reply");
    replies_and_ends: "os.write(3, reply(number())); os._exit(0)" => Fails(Crash, "exit status 0");
    announces_a_huge_frame: "os.write(3, b'\\xff\\xff\\xff\\xff'); time.sleep(9)"
        => Fails(Crash, "a frame of 4294967295 bytes");
    writes_half_a_frame: "
        os.write(3, b'\\xff\\0\\0\\0half')
        os._exit(0)" => Fails(Crash, "exit status 0");
    writes_half_a_frame_and_waits: "
        os.write(3, b'\\xff\\0\\0\\0half')
        time.sleep(9)" => TimesOut;
    floods_the_channel: "
        os.write(3, struct.pack('<I', 60 << 20))
        while True: os.write(3, bytes(1 << 20))"
        => Fails(Crash, "disturbed");
    closes_the_channel: "os.close(3)" => Fails(Crash, "");
    shuts_the_channel_down: "socket.socket(fileno=3).shutdown(socket.SHUT_RDWR)" => Fails(Crash, "");
    reads_what_the_host_sends_next: "os.read(3, 1)" => TimesOut;
    puts_something_else_in_the_channel_s_place: "os.dup2(1, 3)" => Fails(Crash, "");
    breaks_the_reply_s_encoder: "
        import json
        json.JSONEncoder.encode = None" => Fails(Crash, "unable to go on");
    breaks_the_request_s_decoder: "
        import json
        json.JSONDecoder.decode = None" => Fails(Crash, "unable to go on");
    changes_what_the_encoder_says: "
        import json
        json.JSONEncoder.encode = lambda *_: '{}'"
        => Fails(Crash, "unable to go on");
    breaks_the_walk_over_the_code: "
        import ast
        ast.walk = None" => Fails(Crash, "unable to go on");
    breaks_the_parser_s_tree: "
        import ast
        ast.Expr = None" => Fails(Crash, "unable to go on");
    waits_in_the_loop_for_ever: "
        import asyncio
        await asyncio.sleep(99)" => TimesOut;
    swallows_the_end_in_the_loop: "
        import asyncio
        while True:
            try: await asyncio.sleep(99)
            except BaseException: pass" => TimesOut;
    leaves_a_loop_that_is_closed: "
        import asyncio
        asyncio.get_running_loop().stop()
        await asyncio.sleep(0.01)
        'gone'" => Fails(Exception, "Event loop stopped");
    sends_a_descriptor: "
        import array
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [1, 2]))
        socket.socket(fileno=os.dup(3), family=1, type=1).sendmsg([b'\\2\\0\\0\\0{}'], [rights])"
        => Fails(Crash, "");

    hangs_when_it_is_shown: "
        class Value:
            def __repr__(self):
                time.sleep(9)
        Value()" => TimesOut;
    raises_when_it_is_shown: "
        class Value:
            def __repr__(self):
                raise KeyError('hidden')
        Value()"
        => Fails(Exception, "hidden");
    lies_about_its_text: "
        class Value:
            def __repr__(self):
                return 7
        Value()"
        => Fails(Exception, "TypeError");
    ends_the_interpreter_when_it_is_shown: "
        class Value:
            def __repr__(self):
                os._exit(0)
        Value()"
        => Fails(Crash, "exit status 0");
    is_a_text_with_methods_of_its_own: "
        class Text(str):
            __len__ = lambda self: 10**9
            __getitem__ = lambda self, key: self
        class Value:
            def __repr__(self):
                return Text('text')
        Value()"
        => Shows("text… (1000000000 characters in all)");
    is_an_exception_that_hangs: "
        class Error(Exception):
            def __str__(self):
                time.sleep(9)
        raise Error"
        => TimesOut;
    is_an_exception_that_raises: "
        class Error(Exception):
            def __str__(self):
                raise self
        raise Error"
        => Fails(Exception, "Error");
    is_an_exception_in_a_ring: "
        error = ValueError('ring')
        error.__cause__ = error.__context__ = error
        error.args = (error,)
        raise error"
        => Fails(Exception, "ValueError");
    claims_to_be_a_denial: "
        error = PermissionError(1, 'Operation not permitted', '/etc/shadow')
        raise error"
        => Fails(polymath_sandbox::Kind::Denied, "'/etc/shadow'");
    is_a_frame_with_methods_of_its_own: "
        import pandas
        class Frame(pandas.DataFrame):
            shape = property(lambda self: (10**9, 10**9))
            iloc = property(lambda self: 1 / 0)
        Frame({'a': [1]})" => Fails(Exception, "ZeroDivisionError");
    is_a_frame_that_is_another: "
        import pandas
        class Frame(pandas.DataFrame):
            def reset_index(self): os._exit(0)
        Frame({'a': [1]}, index=['x'])" => Fails(Crash, "exit status 0");
    has_a_class_that_lies: "
        class Value:
            __class__ = property(lambda self: 1 / 0)
        Value()"
        => Fails(Exception, "ZeroDivisionError");
    has_a_module_that_is_no_text: "
        class Value: pass
        Value.__module__ = 7
        Value()"
        => Fails(Exception, "AttributeError");
    names_a_figure_oddly: "
        import matplotlib.pyplot as plt
        plt.figure(num='\\x1b[2J' * 500).add_axes((0, 0, 1, 1))
        plt.show()
        'drawn'"
        => Shows("'drawn'");
}

staged! {
    fn answers_with_a_huge_reply() {
        // It also knows that the host asks whether it is over, and answers that too.
        let code = "
            huge = reply(number(), value='x' * (63 << 20))
            at = 0
            while at < len(huge):
                at += os.write(3, huge[at:at + (1 << 20)])
            say_it_is_over()
            time.sleep(9)";
        let output = run(&STRICT, "huge reply", code, None);
        assert!(output.value.unwrap().len() < 66_000);
        RUNTIME.block_on(STRICT.end("huge reply"));
        usable(&STRICT, "huge reply");
    }

    fn says_much_in_notes() {
        let code = "
            notes = ['\\x1b[2J\\nnote: ' + 'x' * 5000] * 50
            os.write(3, reply(number(), value='forged', notes=notes)); say_it_is_over(); time.sleep(9)";
        let output = run(&STRICT, "many notes", code, None);
        assert_eq!(output.value.as_deref(), Some("forged"));
        assert!(output.notes.len() <= 9 && output.notes.iter().all(|n| n.len() <= 300 && !n.contains(['\x1b', '\n'])));
        RUNTIME.block_on(STRICT.end("many notes"));
        usable(&STRICT, "many notes");
    }

    /// What code that knows the whole protocol can do: speak for its own session, and no other.
    fn answers_the_next_call() {
        let code = "
            os.write(3, reply(number(), value='forged'))
            say_it_is_over()
            request = os.read(3, 4096)
            os.write(3, reply(json.loads(request[4:])['id'], value='spoofed'))
            say_it_is_over()
            time.sleep(9)";
        assert_eq!(run(&STRICT, "spoof", code, None).value.as_deref(), Some("forged"));
        let answer = |session| RUNTIME.block_on(STRICT.run(session, request("1 + 1", None), &Default::default()));
        assert_eq!(answer("spoof").unwrap().value.as_deref(), Some("spoofed"));
        assert_eq!(answer("another").unwrap().value.as_deref(), Some("2"));
        RUNTIME.block_on(STRICT.end("spoof"));
        ["spoof", "another"].iter().for_each(|name| usable(&STRICT, name));
    }
}
