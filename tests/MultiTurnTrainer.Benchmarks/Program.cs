using BenchmarkDotNet.Running;
using MultiTurnTrainer.Benchmarks.Tokenizers;

// `tokenizer-throughput MODEL CORPUS` measures whole files; anything else goes to BenchmarkDotNet (`--list flat`).
if (args is ["tokenizer-throughput", var model, var corpus, ..])
{
    TokenizerThroughput.Run(model, corpus, args.Length > 3 ? args[3] : null);
    return 0;
}

BenchmarkSwitcher.FromAssembly(typeof(TokenizerThroughput).Assembly).Run(args);
return 0;
