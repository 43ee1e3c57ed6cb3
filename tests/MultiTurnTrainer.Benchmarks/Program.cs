using System.Globalization;
using BenchmarkDotNet.Running;
using MultiTurnTrainer.Benchmarks.Contexts;
using MultiTurnTrainer.Benchmarks.Sessions;
using MultiTurnTrainer.Benchmarks.Tokenizers;

// `tokenizer-throughput MODEL CORPUS` measures whole files, `tokenizer-oracle ENCODING PACKAGE CORPUS` beside Microsoft's
// tokenizer of the same vocabulary, `context-plans MODEL CONVERSATIONS` counts plans, `session-load MTT FOLDER
// SESSIONS TURNS SECONDS STORE` times turns of mtt serve, `session-plain KIND FOLDER SESSIONS TURNS SECONDS` those of one
// JSON text in Redis or SQLite, `session-burst FOLDER STORE` fills a store at once; anything else goes to BenchmarkDotNet (`--list flat`).
if (args is ["tokenizer-throughput", var model, var corpus, ..])
{
    TokenizerThroughput.Run(model, corpus, args.Length > 3 ? args[3] : null);
    return 0;
}

if (args is ["tokenizer-oracle", var encoding, var package, var texts, ..])
{
    MicrosoftOracle.Run(encoding, package, texts, args.Length > 4 ? args[4] : null);
    return 0;
}

if (args is ["context-plans", var counter, var conversations])
{
    PlanThroughput.Run(counter, conversations);
    return 0;
}

if (args is ["session-load", var program, var folder, var sessions, var turns, var seconds, var kind])
{
    int[] numbers =
    [
        .. new[] { sessions, turns, seconds }.Select(text => int.Parse(text, CultureInfo.InvariantCulture)),
    ];
    using BenchmarkStore store = new(kind, folder);
    await new SessionLoad(program, folder).RunAsync(numbers[0], numbers[1], numbers[2], store);
    return 0;
}

if (args is ["session-plain", var plainKind, var plainFolder, .. var plain])
{
    int[] numbers = [.. plain.Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
    await PlainSessions.RunAsync(plainKind, plainFolder, numbers[0], numbers[1], numbers[2]);
    return 0;
}

if (args is ["session-burst", var burstFolder, var burstKind])
{
    using BenchmarkStore store = new(burstKind, burstFolder);
    await SessionBurst.RunAsync(store);
    return 0;
}

BenchmarkSwitcher.FromAssembly(typeof(TokenizerThroughput).Assembly).Run(args);
return 0;
