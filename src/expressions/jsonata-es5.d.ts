declare module 'jsonata/jsonata-es5.min.js' {
  import jsonata from 'jsonata';
  export default jsonata;
}
