using MultiTurnTrainer.Cli;
using MultiTurnTrainer.Cli.Commands;

LoaderPath.Clean();
CleanWriter.Guard();
if (args is ["train", ..])
{
    // A request to stop may come before the command line is read.
    StopRequest.Watch();
}

RowContainers.Register(new RowContainer(".parquet", path => ParquetJsonReader.Read(path, keepNulls: false)));
return await MttCli.RunAsync(args);
