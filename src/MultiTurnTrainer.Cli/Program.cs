using MultiTurnTrainer.Cli;
using MultiTurnTrainer.Cli.Commands;

LoaderPath.Clean();
CleanWriter.Guard();
try
{
    WholeProgram.TakeOver(args);
}
catch (MttException problem)
{
    ErrorReport.Write(problem, verbose: false);
    return ExitCode.Failed;
}

if (args is ["train", ..])
{
    // A request to stop may come before the command line is read.
    StopRequest.Watch();
}

RowContainers.Register(new RowContainer(".parquet", ReadParquet));
return await MttCli.RunAsync(args);

static IEnumerable<ReadOnlyMemory<byte>> ReadParquet(string path)
{
    WholeProgram.LoadLibrary("ParquetSharpNative.so");
    return ParquetJsonReader.Read(path, keepNulls: false);
}
