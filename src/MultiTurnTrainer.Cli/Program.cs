using MultiTurnTrainer.Cli;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Datasets.Parquet;

RowContainers.Register(new RowContainer("Parquet", ".parquet", path => ParquetJsonReader.Read(path, keepNulls: false)));
return await MttCli.RunAsync(args);
