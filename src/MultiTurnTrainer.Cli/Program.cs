using MultiTurnTrainer.Cli;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Datasets.Parquet;

RowContainers.Register(new RowContainer("Parquet", ".parquet", ParquetJsonReader.Read));
return await MttCli.RunAsync(args);
