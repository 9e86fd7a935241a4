import org.apache.beam.runners.flink.FlinkJobServerDriver;

/**
 * Beam's job server, which sends no jars. With each job it would send what is on its class path
 * (150 MB), for the cluster to store, to fetch and to load anew, though the cluster has the same jar
 * on its own class path. Beam 2.62.0 looks for these files in the system property.
 */
public class JobServer {
  public static void main(String[] arguments) throws Exception {
    System.setProperty("java.class.path", "");
    FlinkJobServerDriver.main(arguments);
  }
}
